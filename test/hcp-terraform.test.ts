import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Names, namesOf } from "../src/config/names.js";
import type { Organization } from "../src/config/organization.js";
import { plannedStandby } from "../src/config/standby.js";
import toolVersions from "../tool-versions.json" with { type: "json" };
import { repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";
import { type Block, type Synthesized, statementsOf } from "./synthesized-constructs.js";

/*
 * HCP Terraform resources of the bootstrap stack, compared in both directions with the declarations of all stacks:
 * both missing and superfluous entries fail.
 */

const BOOTSTRAP = "notejam-bootstrap";

let organization: Organization;
/** All environments with their names, including standbys that are not deployed. */
let environments: (Names & { readonly production: boolean })[];
let stacks: ReadonlyMap<string, Synthesized>;
let bootstrap: Synthesized;

beforeAll(async () => {
  const configuration = await repositoryConfiguration();
  organization = configuration.organization;
  bootstrap = stackNamed(synthesizeApp(configuration), BOOTSTRAP);
  // Includes standbys that are not deployed: the bootstrap creates their workspaces and roles in advance.
  const configured = configuration.environments.map((environment) => namesOf(environment).environmentId);
  const standbys = configuration.environments
    .filter(({ production, standbyOf }) => production && standbyOf === undefined)
    .map(plannedStandby)
    .filter((standby) => !configured.includes(namesOf(standby).environmentId));
  const all = [...configuration.environments, ...standbys];
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

/** Returns the name of the workspace for a reference such as `${tfe_workspace.<id>.id}`. */
function nameOf(reference: unknown): string {
  const id = /^\$\{tfe_workspace\.(.+)\.id\}$/.exec(String(reference))?.[1];
  const workspace = bootstrap.resources("tfe_workspace").find((candidate) => candidate.id === id);
  if (workspace === undefined) throw new Error(`${String(reference)} does not refer to a workspace`);
  return String(workspace.name);
}

/** Variables of a workspace and its variable sets, by category and key. */
function variablesFor(workspace: string): Map<string, Block> {
  const sets = bootstrap
    .resources("tfe_workspace_variable_set")
    .filter(({ workspace_id }) => nameOf(workspace_id) === workspace)
    .concat(bootstrap.resources("tfe_project_variable_set"))
    .map(({ variable_set_id }) => variable_set_id);
  const found = bootstrap
    .resources("tfe_variable")
    .filter(({ workspace_id, variable_set_id }) =>
      workspace_id === undefined ? sets.includes(variable_set_id) : nameOf(workspace_id) === workspace,
    );
  const byName = new Map(found.map((variable) => [`${variable.category} ${variable.key}`, variable]));
  expect(byName.size, `${workspace} has a duplicate variable`).toBe(found.length);
  return byName;
}

const inputsFor = (workspace: string) =>
  [...variablesFor(workspace).values()].filter(({ category }) => category === "terraform");

describe("the workspaces", () => {
  it("are one per stack, with the stack's name, in the configured organization and project", () => {
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

  it("run one pinned Terraform version remotely, with health assessments", () => {
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

  it("run the Terraform version of the workflows", () => {
    const [workspace] = bootstrap.resources("tfe_workspace");
    const action = readFileSync(".github/actions/terraform/action.yaml", "utf8");
    expect(action).toMatch(/terraform=\\\(\.terraform\.pinned .*tool-versions\.json/);
    expect(workspace?.terraform_version).toBe(toolVersions.terraform.pinned);
  });

  it("allow speculative plans, no destroy plans in production, and no deletion while they manage resources", () => {
    const destroyable = bootstrap
      .resources("tfe_workspace")
      .filter(({ allow_destroy_plan }) => allow_destroy_plan);
    const nonProduction = environments.filter(({ production }) => !production);
    expect(nonProduction.length).toBeGreaterThan(0);
    expect(destroyable.map(({ name }) => name).sort()).toEqual(
      nonProduction.flatMap(({ platformStack, gitopsStack }) => [platformStack, gitopsStack]).sort(),
    );
    for (const workspace of bootstrap.resources("tfe_workspace")) {
      expect(workspace).toMatchObject({
        speculative_enabled: true,
        force_delete: false,
        lifecycle: { prevent_destroy: true },
      });
      // The `cloud` block uploads the stack's folder. With a working directory it would also upload parent folders.
      expect(workspace).not.toHaveProperty("working_directory");
      for (const deprecated of ["execution_mode", "global_remote_state", "remote_state_consumer_ids"])
        expect(workspace).not.toHaveProperty(deprecated);
    }
  });

  it("notify the configured recipients of errors and drift", () => {
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

describe("the variables", () => {
  it("exist in each workspace exactly as its stack declares them", () => {
    for (const [name, stack] of stacks) {
      const declared = variablesOf(stack).map(([key]) => key);
      const defined = inputsFor(name).map(({ key }) => key);
      expect(defined.sort(), name).toEqual(declared.sort());
    }
  });

  it("have the description and sensitivity of the stack's declaration", () => {
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

  it("are stored as in the replaced system: db_* per workspace, GitHub's in shared variable sets", () => {
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

  it("have no value in the code if they are sensitive, and unmanaged values are never overwritten", () => {
    const sensitive = bootstrap.resources("tfe_variable").filter((variable) => variable.sensitive);
    expect([...new Set(sensitive.map(({ key }) => key))].sort()).toEqual([
      "TFE_TOKEN",
      "db_pass",
      "db_user",
      "github_token",
    ]);
    for (const variable of sensitive) expect(variable, String(variable.key)).not.toHaveProperty("value");
    const managed = [
      "TFC_AWS_PROVIDER_AUTH",
      "TFC_AWS_PLAN_ROLE_ARN",
      "TFC_AWS_APPLY_ROLE_ARN",
      "github_owner",
    ];
    for (const { key, lifecycle } of bootstrap.resources("tfe_variable")) {
      const ignored = Object(lifecycle).ignore_changes;
      expect(ignored, String(key)).toEqual(managed.includes(String(key)) ? undefined : ["value"]);
    }
  });

  it("have values if the configuration contains them", () => {
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

describe("the state", () => {
  it("is shared with exactly the workspaces whose stacks read it", () => {
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

describe("AWS roles of the workspaces", () => {
  it("trust exactly the runs of one workspace, with one role per phase", () => {
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

  it("trust no workspace that does not use them", () => {
    const trusted = bootstrap
      .resources("aws_iam_role")
      .flatMap((role) => subjectsOf(role).map((subject) => `${role.id} ${subject}`));
    const used = [...stacks.keys()].flatMap((name) =>
      (["plan", "apply"] as const).map((phase) => `${roleOf(name, phase).id} ${name} ${phase}`),
    );
    expect(trusted.sort()).toEqual(used.sort());
  });

  it("replace access keys", () => {
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

  /** Workspaces and phases that a role trusts. */
  function subjectsOf(role: Block): string[] {
    return statementsOf(role.assume_role_policy).flatMap(({ Condition }) => {
      const subjects = Condition?.StringEquals?.["app.terraform.io:sub"];
      return (Array.isArray(subjects) ? subjects : []).map((subject: string) =>
        subject.replace(/^.*:workspace:(.+):run_phase:(.+)$/, "$1 $2"),
      );
    });
  }
});

describe("the pipelines' teams", () => {
  it("can plan in every environment, apply in one environment each, and not access the bootstrap", () => {
    const rights = bootstrap.resources("tfe_team_access").map(({ team_id, workspace_id, permissions }) => {
      const id = /^\$\{tfe_team\.(.+)\.id\}$/.exec(String(team_id))?.[1];
      const team = bootstrap.resources("tfe_team").find((candidate) => candidate.id === id);
      return `${team?.name} ${Object(permissions)[0].runs} ${nameOf(workspace_id)}`;
    });
    const expected = environments.flatMap(({ environmentId, platformStack, gitopsStack }) =>
      [platformStack, gitopsStack].flatMap((workspace) => [
        `notejam-plan plan ${workspace}`,
        `notejam-${environmentId}-apply apply ${workspace}`,
      ]),
    );
    expect(rights.sort()).toEqual(expected.sort());
  });

  it("cannot read variables or change settings, and have no organization access", () => {
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

  it("have tokens that are not in the state", () => {
    const stored = bootstrap.types().filter((type) => /^tfe_.*token/.test(type));
    expect(stored).toEqual([]);
    expect(JSON.stringify(bootstrap.json.provider)).not.toMatch(/"token"/);
  });
});
