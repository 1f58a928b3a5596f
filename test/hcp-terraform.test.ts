import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Names, namesOf } from "../src/config/names.js";
import type { Organization } from "../src/config/organization.js";
import { plannedStandby } from "../src/config/standby.js";
import toolVersions from "../tool-versions.json" with { type: "json" };
import { repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";
import { type Block, type Synthesized, statementsOf } from "./synthesized-constructs.js";

/*
 * Terraform Cloud as the bootstrap stack states it, against what all stacks declare: each from both ends, so that neither
 * a forgotten entry nor one too many passes.
 */

const BOOTSTRAP = "notejam-bootstrap";

let organization: Organization;
/** Every environment, with the names that it makes: recovery copies included, whether their files are there or not yet. */
let environments: (Names & { readonly production: boolean })[];
let stacks: ReadonlyMap<string, Synthesized>;
let bootstrap: Synthesized;

beforeAll(async () => {
  const configuration = await repositoryConfiguration();
  organization = configuration.organization;
  bootstrap = stackNamed(synthesizeApp(configuration), BOOTSTRAP);
  // With the recovery copies that nobody has raised: what they will need is there beforehand.
  const stated = configuration.environments.map((environment) => namesOf(environment).instance);
  const copies = configuration.environments
    .filter(({ production, standbyOf }) => production && standbyOf === undefined)
    .map(plannedStandby)
    .filter((copy) => !stated.includes(namesOf(copy).instance));
  const all = [...configuration.environments, ...copies];
  environments = all.map((environment) => ({ ...namesOf(environment), production: environment.production }));
  stacks = synthesizeApp({ ...configuration, environments: all });
});

interface VariableBlock {
  readonly default?: unknown;
  readonly sensitive?: boolean;
  readonly description?: string;
}

const variablesOf = (stack: Synthesized) =>
  Object.entries((stack.json.variable ?? {}) as Record<string, VariableBlock>);

/** The workspace's name behind a reference such as `${tfe_workspace.<id>.id}`. */
function nameOf(reference: unknown): string {
  const id = /^\$\{tfe_workspace\.(.+)\.id\}$/.exec(String(reference))?.[1];
  const workspace = bootstrap.resources("tfe_workspace").find((candidate) => candidate.id === id);
  if (workspace === undefined) throw new Error(`${String(reference)} is no workspace`);
  return String(workspace.name);
}

/** What a workspace's runs are given, by category and name. */
function variablesFor(workspace: string): Map<string, Block> {
  const sets = bootstrap
    .resources("tfe_workspace_variable_set")
    .filter(({ workspace_id }) => nameOf(workspace_id) === workspace)
    .concat(bootstrap.resources("tfe_project_variable_set"))
    .map(({ variable_set_id }) => variable_set_id);
  const given = bootstrap
    .resources("tfe_variable")
    .filter(({ workspace_id, variable_set_id }) =>
      workspace_id === undefined ? sets.includes(variable_set_id) : nameOf(workspace_id) === workspace,
    );
  const byName = new Map(given.map((variable) => [`${variable.category} ${variable.key}`, variable]));
  expect(byName.size, `a variable of ${workspace} is given twice`).toBe(given.length);
  return byName;
}

const inputsFor = (workspace: string) =>
  [...variablesFor(workspace).values()].filter(({ category }) => category === "terraform");

describe("the workspaces", () => {
  it("are one per stack, with the stack's name, in the stated organization and project", () => {
    const { terraformCloud } = organization;
    const workspaces = bootstrap.resources("tfe_workspace");
    expect(workspaces.map(({ name }) => name).sort()).toEqual([...stacks.keys()].sort());
    const project = bootstrap.one("tfe_project");
    expect(project).toMatchObject({
      name: terraformCloud.project,
      organization: terraformCloud.organization,
    });
    for (const workspace of workspaces) {
      expect(workspace).toMatchObject({
        organization: terraformCloud.organization,
        project_id: `\${tfe_project.${project.id}.id}`,
      });
    }
  });

  it("run one exact Terraform that every stack accepts, remotely, and check for drift by themselves", () => {
    const versions = new Set(bootstrap.resources("tfe_workspace").map((each) => each.terraform_version));
    expect([...versions]).toEqual([expect.stringMatching(/^1\.\d+\.\d+$/)]);
    const [version = ""] = [...versions].map(String);
    for (const [name, stack] of stacks) {
      const required = String(Object(stack.json.terraform).required_version).replace(/^>= /, "");
      expect(version.localeCompare(required, "en", { numeric: true }), name).toBeGreaterThanOrEqual(0);
    }
    const settings = bootstrap.resources("tfe_workspace_settings");
    expect(settings.map(({ workspace_id }) => nameOf(workspace_id)).sort()).toEqual(
      [...stacks.keys()].sort(),
    );
    for (const each of settings) {
      expect(each).toMatchObject({
        execution_mode: "remote",
        auto_apply: false,
        assessments_enabled: true,
        global_remote_state: false,
      });
    }
  });

  it("run the Terraform that the workflows install", () => {
    const [workspace] = bootstrap.resources("tfe_workspace");
    const action = readFileSync(".github/actions/terraform/action.yaml", "utf8");
    expect(action).toMatch(/terraform=\\\(\.terraform\.pinned .*tool-versions\.json/);
    expect(workspace?.terraform_version).toBe(toolVersions.terraform.pinned);
  });

  it("plan before they are told to, destroy production never, and go only when they are empty", () => {
    const destroyable = bootstrap
      .resources("tfe_workspace")
      .filter(({ allow_destroy_plan }) => allow_destroy_plan);
    const forTrial = environments.filter(({ production }) => !production);
    expect(forTrial.length).toBeGreaterThan(0);
    expect(destroyable.map(({ name }) => name).sort()).toEqual(
      forTrial.flatMap(({ platformStack, gitopsStack }) => [platformStack, gitopsStack]).sort(),
    );
    for (const workspace of bootstrap.resources("tfe_workspace")) {
      expect(workspace).toMatchObject({
        speculative_enabled: true,
        force_delete: false,
        lifecycle: { prevent_destroy: true },
      });
      // The `cloud` block uploads the stack's folder; a working directory would make it upload those above, too.
      expect(workspace).not.toHaveProperty("working_directory");
      for (const deprecated of ["execution_mode", "global_remote_state", "remote_state_consumer_ids"])
        expect(workspace).not.toHaveProperty(deprecated);
    }
  });

  it("tell the stated people of trouble", () => {
    const { notify = [] } = organization.terraformCloud;
    expect(notify.length).toBeGreaterThan(0);
    expect(bootstrap.data("tfe_organization_membership").map(({ email }) => email)).toEqual(notify);
    const notifications = bootstrap.resources("tfe_notification_configuration");
    expect(notifications.map(({ workspace_id }) => nameOf(workspace_id)).sort()).toEqual(
      [...stacks.keys()].sort(),
    );
    for (const { destination_type, email_user_ids, triggers, url, token } of notifications) {
      expect({ destination_type, url, token }).toEqual({ destination_type: "email" });
      expect(email_user_ids).toHaveLength(notify.length);
      expect(triggers).toEqual(
        expect.arrayContaining(["run:errored", "run:needs_attention", "assessment:drifted"]),
      );
    }
  });
});

describe("variables", () => {
  it("are given to each workspace as its stack declares them, and no other", () => {
    for (const [name, stack] of stacks) {
      const declared = variablesOf(stack).map(([key]) => key);
      const given = inputsFor(name).map(({ key }) => key);
      expect(given.sort(), name).toEqual(declared.sort());
    }
  });

  it("have the words and the confidentiality that the stack gives them", () => {
    for (const [name, stack] of stacks) {
      for (const [key, { description, sensitive = false }] of variablesOf(stack)) {
        expect(variablesFor(name).get(`terraform ${key}`), `${name} ${key}`).toMatchObject({
          description,
          sensitive,
        });
        expect(description, key).toMatch(/\w+ .*\.$/);
      }
    }
  });

  it("are kept where the replaced system kept them: db_* per workspace, GitHub's in sets that all environments use", () => {
    const kept = bootstrap.resources("tfe_variable").map((variable) => ({
      key: String(variable.key),
      shared: variable.variable_set_id !== undefined,
    }));
    const where = (pattern: RegExp) =>
      kept.filter(({ key }) => pattern.test(key)).map(({ key, shared }) => `${key} ${shared}`);
    expect(where(/^db_(name|user|pass)$/).sort()).toEqual(
      environments.flatMap(() => ["db_name false", "db_pass false", "db_user false"]).sort(),
    );
    expect(where(/^github_/).sort()).toEqual(["github_owner true", "github_token true"]);
    expect(where(/^TFC_AWS_PROVIDER_AUTH$/)).toEqual(["TFC_AWS_PROVIDER_AUTH true"]);
  });

  it("that are sensitive stand there without a value, and what people fill in is never overwritten", () => {
    const sensitive = bootstrap.resources("tfe_variable").filter((variable) => variable.sensitive);
    expect([...new Set(sensitive.map(({ key }) => key))].sort()).toEqual([
      "TFE_TOKEN",
      "db_pass",
      "db_user",
      "github_token",
    ]);
    for (const variable of sensitive) expect(variable, String(variable.key)).not.toHaveProperty("value");
    const stated = [
      "TFC_AWS_PROVIDER_AUTH",
      "TFC_AWS_PLAN_ROLE_ARN",
      "TFC_AWS_APPLY_ROLE_ARN",
      "github_owner",
    ];
    for (const { key, lifecycle } of bootstrap.resources("tfe_variable")) {
      const ignored = Object(lifecycle).ignore_changes;
      expect(ignored, String(key)).toEqual(stated.includes(String(key)) ? undefined : ["value"]);
    }
  });

  it("leave nothing to be typed that the configuration states", () => {
    expect(variablesFor("notejam-prod").get("terraform github_owner")?.value).toBe(organization.githubOwner);
    const empty = [...stacks.keys()].flatMap((name) =>
      inputsFor(name)
        .filter(({ value }) => value === undefined)
        .map(({ key }) => `${name} ${key}`),
    );
    expect(empty.sort()).toEqual(
      environments
        .flatMap(({ platformStack, gitopsStack }) => [
          `${platformStack} db_pass`,
          `${platformStack} db_user`,
          `${gitopsStack} github_token`,
        ])
        .sort(),
    );
  });
});

describe("state", () => {
  it("is read by exactly the workspaces whose stacks read it", () => {
    const declared = [...stacks].flatMap(([reader, stack]) =>
      stack
        .data("terraform_remote_state")
        .map(({ config }) => `${Object(config).workspaces.name} → ${reader}`),
    );
    const granted = bootstrap
      .resources("tfe_workspace_settings")
      .flatMap(({ workspace_id, remote_state_consumer_ids }) =>
        (remote_state_consumer_ids as string[]).map(
          (consumer) => `${nameOf(workspace_id)} → ${nameOf(consumer)}`,
        ),
      );
    expect(granted.sort()).toEqual(declared.sort());
    expect(granted).toEqual(
      environments
        .map(({ platformStack, gitopsStack }) => `${platformStack} → ${gitopsStack}`)
        .sort((one, other) => one.localeCompare(other)),
    );
    expect(granted).toContain("notejam-prod-eu-central-1 → notejam-prod-eu-central-1-gitops");
  });
});

describe("identity in AWS", () => {
  it("each workspace takes roles that believe exactly its runs, each phase its own", () => {
    for (const name of stacks.keys()) {
      for (const phase of ["plan", "apply"] as const) {
        const role = roleOf(name, phase);
        const [trust] = statementsOf(role.assume_role_policy);
        const { organization: owner, project } = organization.terraformCloud;
        const subject = `organization:${owner}:project:${project}:workspace:${name}:run_phase:${phase}`;
        expect(trust?.Condition?.StringEquals?.["app.terraform.io:sub"], name).toContain(subject);
      }
    }
  });

  it("no role believes a workspace that does not take it", () => {
    const believed = bootstrap
      .resources("aws_iam_role")
      .flatMap((role) => subjectsOf(role).map((subject) => `${role.id} ${subject}`));
    const taken = [...stacks.keys()].flatMap((name) =>
      (["plan", "apply"] as const).map((phase) => `${roleOf(name, phase).id} ${name} ${phase}`),
    );
    expect(believed.sort()).toEqual(taken.sort());
  });

  it("no workspace holds a key of AWS", () => {
    const keys = bootstrap.resources("tfe_variable").map(({ key }) => key);
    expect(keys.filter((key) => /ACCESS_KEY|SESSION_TOKEN/.test(String(key)))).toEqual([]);
    for (const name of stacks.keys())
      expect(variablesFor(name).get("env TFC_AWS_PROVIDER_AUTH")?.value, name).toBe("true");
  });

  function roleOf(workspace: string, phase: "plan" | "apply"): Block {
    const key = `env TFC_AWS_${phase.toUpperCase()}_ROLE_ARN`;
    const reference = variablesFor(workspace).get(key)?.value;
    const id = /^\$\{aws_iam_role\.(.+)\.arn\}$/.exec(String(reference))?.[1];
    const role = bootstrap.resources("aws_iam_role").find((candidate) => candidate.id === id);
    if (role === undefined) throw new Error(`${workspace}: ${key} is ${String(reference)}`);
    return role;
  }

  /** Workspace and phase of the runs that a role believes. */
  function subjectsOf(role: Block): string[] {
    return statementsOf(role.assume_role_policy).flatMap(({ Condition }) => {
      const subjects = Condition?.StringEquals?.["app.terraform.io:sub"];
      return (Array.isArray(subjects) ? subjects : []).map((subject: string) =>
        subject.replace(/^.*:workspace:(.+):run_phase:(.+)$/, "$1 $2"),
      );
    });
  }
});

describe("the teams of the pipelines", () => {
  it("plan in every environment, and apply in one environment each; none reaches the bootstrap", () => {
    const rights = bootstrap.resources("tfe_team_access").map(({ team_id, workspace_id, permissions }) => {
      const id = /^\$\{tfe_team\.(.+)\.id\}$/.exec(String(team_id))?.[1];
      const team = bootstrap.resources("tfe_team").find((candidate) => candidate.id === id);
      return `${team?.name} ${Object(permissions)[0].runs} ${nameOf(workspace_id)}`;
    });
    const wanted = environments.flatMap(({ instance, platformStack, gitopsStack }) =>
      [platformStack, gitopsStack].flatMap((workspace) => [
        `notejam-plan plan ${workspace}`,
        `notejam-${instance}-apply apply ${workspace}`,
      ]),
    );
    expect(rights.sort()).toEqual(wanted.sort());
  });

  it("read no variable, change nothing else, and have no right in the organization", () => {
    for (const { permissions } of bootstrap.resources("tfe_team_access")) {
      expect(permissions).toEqual([
        {
          runs: expect.stringMatching(/^(plan|apply)$/),
          state_versions: "read",
          variables: "none",
          sentinel_mocks: "none",
          workspace_locking: false,
          run_tasks: false,
        },
      ]);
    }
    for (const team of bootstrap.resources("tfe_team"))
      expect(team).not.toHaveProperty("organization_access");
  });

  it("have tokens that no state holds", () => {
    const kept = bootstrap.types().filter((type) => /^tfe_.*token/.test(type));
    expect(kept).toEqual([]);
    expect(JSON.stringify(bootstrap.json.provider)).not.toMatch(/"token"/);
  });
});
