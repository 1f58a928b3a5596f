import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { namesOf } from "../src/config/names.js";
import { imageTags } from "../src/pipeline/image-tag.js";
import { TERRAFORM_VERSION } from "../src/stacks/workspaces.js";
import { tokenVariable } from "../src/terraform/hcp-client.js";
import toolVersions from "../tool-versions.json" with { type: "json" };
import { runNotejam } from "./run-notejam.js";
import { environmentNamed, repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";
import { statementsOf } from "./synthesized-constructs.js";
import { subjectsOf, trustedSubjects } from "./workflows/identities.js";
import { environmentsOf } from "./workflows/matrices.js";
import {
  broadPermissions,
  dangerousTriggers,
  differingVersions,
  expressionsInScripts,
  hardCodedVersions,
  installScripts,
  jobsWithoutTimeout,
  laxShells,
  misusedActions,
  mixedEnvironments,
  namedEnvironments,
  PLAN_TOKEN,
  persistedCredentials,
  stuckApplies,
  unguardedApplies,
  unpinnedActions,
  unprotectedAccess,
  writingJobsWithPackages,
  wrongPermissions,
} from "./workflows/rules.js";
import { schemaErrors } from "./workflows/schema.js";
import { npmCalls } from "./workflows/scripts.js";
import {
  actionPaths,
  jobsOf,
  readAction,
  readWorkflow,
  type WorkflowFile,
  workflowPaths,
} from "./workflows/workflow-file.js";

/** Includes the workflow of the operations repositories. */
const workflows = [...workflowPaths(), "flux/.github/workflows/pull-request.yaml"].map((path) =>
  readWorkflow(path),
);
const actions = actionPaths().map((path) => readAction(path));
const files = [...workflows, ...actions];

/** Returns a workflow of the repository with a change that a rule must report. */
function broken(name: string, from: string | RegExp, to: string): WorkflowFile {
  const path = `.github/workflows/${name}.yaml`;
  const text = readFileSync(path, "utf8");
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`${path} does not contain ${from}`);
  return readWorkflow(path, changed);
}

const PINNED_CHECKOUT = /actions\/checkout@[0-9a-f]{40} # v[\d.]+/;

describe("the workflows", () => {
  it("exist for all parts of the pipeline", () => {
    expect(workflowPaths().map((path) => path.replace(/^.*\/|\.yaml$/g, ""))).toEqual(
      expect.arrayContaining([
        "checks",
        "deploy",
        "drift",
        "image",
        "machines",
        "plan",
        "promote",
        "provider-locks",
      ]),
    );
  });

  it.each(workflows)("$path: is valid for GitHub's parser", (file) => {
    expect(schemaErrors(file)).toEqual([]);
  });

  it.each([
    ["an unknown key", "timeout-minutes: 120", "timeout-minuets: 120"],
    ["an unknown permission", "contents: read", "content: read"],
    ["a job without a runner", "    runs-on: ubuntu-24.04\n", ""],
  ])("are invalid with %s", (_, from, to) => {
    const path = ".github/workflows/deploy.yaml";
    const text = readFileSync(path, "utf8").replace(from, to);
    expect(schemaErrors({ path, text })).not.toEqual([]);
  });
});

describe("third-party actions", () => {
  it.each(files)("$path: are pinned by commit, with their version", (file) => {
    expect(unpinnedActions(file)).toEqual([]);
  });

  it("have the same version everywhere", () => {
    expect(differingVersions(files)).toEqual([]);
    const other = broken("plan", PINNED_CHECKOUT, `actions/checkout@${"0".repeat(40)} # v1.0.0`);
    expect(differingVersions([...files, other])).toHaveLength(1);
  });

  it.each(["actions/checkout@v7", `actions/checkout@${"a".repeat(40)}`, "docker://alpine:3"])(
    "must not be written as %s",
    (written) => {
      expect(unpinnedActions(broken("plan", PINNED_CHECKOUT, written))).toEqual([
        `.github/workflows/plan.yaml: write ${written} as owner/action@<commit> # vX.Y.Z`,
      ]);
    },
  );
});

describe("jobs", () => {
  it.each(workflows)("$path: declare minimal permissions", (file) => {
    expect(broadPermissions(file)).toEqual([]);
  });

  it.each([
    ["no permissions for the workflow", /^permissions: \{\}$/m, ""],
    ["read-all for the workflow", /^permissions: \{\}$/m, "permissions: read-all"],
    ["no permissions for a job", /^ {4}permissions:\n {6}contents: read\n/m, ""],
    ["write-all for a job", /^ {4}permissions:\n {6}contents: read\n/m, "    permissions: write-all\n"],
    ["permission to write code", "contents: read", "contents: write"],
  ])("are reported for %s", (_, from, to) => {
    expect(broadPermissions(broken("deploy", from, to))).toHaveLength(1);
  });

  it.each(workflows)("$path: have exactly the permissions that they use", (file) => {
    expect(wrongPermissions(file)).toEqual([]);
  });

  it.each([
    ["image", "      attestations: write\n", "", "needs attestations: write"],
    ["promote", "attestations: read", "attestations: write", "does not use attestations: write"],
    ["plan", "pull-requests: write", "issues: write", "does not use issues: write"],
    ["drift", "      issues: write\n", "", "needs issues: write"],
    [
      "checks",
      "    permissions: {}\n    steps",
      "    permissions:\n      contents: read\n    steps",
      "does not use contents: read",
    ],
  ])("are reported in %s if '%s' becomes '%s'", (name, from, to, message) => {
    expect(wrongPermissions(broken(name, from, to)).join("\n")).toContain(message);
  });

  it.each(files)("$path: pass local actions their declared inputs", (file) => {
    expect(misusedActions(file, actions)).toEqual([]);
  });

  it.each([
    [
      "environment: ${{ matrix.environment }}\n          token",
      "environment: ${{ matrix.environment }}\n          tokens",
    ],
    ["./.github/actions/apply", "./.github/actions/aply"],
  ])("are reported if %s becomes %s", (from, to) => {
    expect(misusedActions(broken("deploy", from, to), actions)).toHaveLength(1);
  });

  it.each(workflows)("$path: have a timeout", (file) => {
    expect(jobsWithoutTimeout(file)).toEqual([]);
  });

  it.each(["", "    timeout-minutes: 360\n"])(
    "are reported for a missing or long timeout: '%s'",
    (timeout) => {
      expect(jobsWithoutTimeout(broken("deploy", "    timeout-minutes: 120\n", timeout))).toHaveLength(1);
    },
  );

  it.each(files)("$path: stop scripts at the first error", (file) => {
    expect(laxShells(file)).toEqual([]);
  });

  it("are reported for a shell that continues after errors", () => {
    expect(laxShells(broken("plan", "bash -euo pipefail {0}", "bash"))).not.toEqual([]);
  });

  it.each(files)("$path: leave no credentials in the work tree", (file) => {
    expect(persistedCredentials(file)).toEqual([]);
  });

  it.each(["", "persist-credentials: true"])(
    "are reported for a checkout that leaves credentials: '%s'",
    (setting) => {
      expect(persistedCredentials(broken("image", "persist-credentials: false", setting))).toHaveLength(1);
    },
  );

  it.each(files)("$path: use no expressions in scripts", (file) => {
    expect(expressionsInScripts(file)).toEqual([]);
  });

  it.each(["github.event.pull_request.title", "github.head_ref", "inputs.version"])(
    "are reported for %s in a script",
    (value) => {
      const file = broken("plan", "run: npm run --silent synth", `run: echo "\${{ ${value} }}"`);
      expect(expressionsInScripts(file)).toHaveLength(1);
    },
  );

  it.each(workflows)("$path: run no npm packages in jobs with contents: write", (file) => {
    expect(writingJobsWithPackages(file)).toEqual([]);
  });

  it("are reported for npm packages in a job with contents: write", () => {
    const file = broken("provider-locks", "contents: read", "contents: write");
    expect(writingJobsWithPackages(file)).toHaveLength(1);
  });

  it.each(files)("$path: run no install scripts of packages", (file) => {
    expect(installScripts(file)).toEqual([]);
  });

  it("are reported for an npm ci that runs install scripts", () => {
    expect(installScripts(broken("plan", "npm ci --ignore-scripts", "npm ci"))).toHaveLength(1);
  });

  it.each(files)("$path: read the versions of Node and Terraform from files", (file) => {
    expect(hardCodedVersions(file)).toEqual([]);
  });

  it("are reported for a hard-coded Node version in a workflow", () => {
    const file = broken("machines", "node-version: ${{ matrix.node }}", "node-version: 22");
    expect(hardCodedVersions(file)).toHaveLength(1);
  });

  it.each(workflows)("$path: have no triggers that give forks permissions", (file) => {
    expect(dangerousTriggers(file)).toEqual([]);
  });

  it("are reported for pull_request_target", () => {
    expect(dangerousTriggers(broken("plan", "pull_request:", "pull_request_target:"))).toHaveLength(1);
  });
});

/** Line of a job that has an environment. */
const JOB_ENVIRONMENT = "    environment: ${{ matrix.environment }}\n";

describe("access to environments", () => {
  it.each(workflows)("$path: is subject to their protection rules on GitHub", (file) => {
    expect(unprotectedAccess(file)).toEqual([]);
  });

  it.each([
    ["a role without an environment", "promote", JOB_ENVIRONMENT, "", /requests an OIDC token/],
    ["a token without an environment", "deploy", JOB_ENVIRONMENT, "", /uses TF_APPLY_TOKEN/],
    [
      "all secrets at once",
      "checks",
      "SCRIPT: ${{ matrix.script }}",
      "SCRIPT: ${{ toJSON(secrets) }}",
      /all secrets/,
    ],
    [
      "a hard-coded environment",
      "image",
      JOB_ENVIRONMENT,
      "    environment: prod\n",
      /from the job environments/,
    ],
    [
      "an environment from an input",
      "promote",
      JOB_ENVIRONMENT,
      "    environment: ${{ inputs.environment }}\n",
      /from the job environments/,
    ],
    [
      "a matrix from another job",
      "deploy",
      "fromJSON(needs.environments.outputs.production)",
      "fromJSON(needs.supersede.outputs.production)",
      /from the job environments/,
    ],
    [
      "a matrix from another command",
      "deploy",
      "run: npm run --silent pipeline -- environments\n",
      "run: npm run --silent pipeline -- image-tag\n",
      /from the job environments/,
    ],
    [
      "a matrix from another list",
      "deploy",
      "production: ${{ steps.environments.outputs.production }}",
      "production: ${{ steps.environments.outputs.builds }}",
      /from the job environments/,
    ],
    ["another branch", "promote", "github.ref == 'refs/heads/main'", "always()", /run only on main/],
    [
      "a branch or",
      "image",
      "needs: [build, environments]\n    if: github.event_name == 'push' &&",
      "needs: [build, environments]\n    if: github.event_name == 'push' ||",
      /run only on main/,
    ],
    [
      "a skipped condition",
      "deploy",
      /needs: \[environments, non-production, supersede\]\n( {4}#.*\n) {4}if: >-\n.*\n/,
      "needs: [environments, non-production, supersede]\n    if: always()\n",
      /run only on main/,
    ],
    [
      "a reusable workflow",
      "deploy",
      "    runs-on: ubuntu-24.04\n",
      "    uses: ./.github/workflows/other.yaml\n    runs-on: ubuntu-24.04\n",
      /reusable workflows/,
    ],
  ])("is reported for %s", (_, name, from, to, message) => {
    expect(unprotectedAccess(broken(name, from, to)).join("\n")).toMatch(message);
  });

  it.each(workflows)("$path: applies one run at a time, without cancelling", (file) => {
    expect([...unguardedApplies(file), ...mixedEnvironments(file)]).toEqual([]);
  });

  it.each([
    ["cancel-in-progress: false", "cancel-in-progress: true"],
    ["group: deploy-${{ matrix.environment }}", "group: deploy"],
    ["      max-parallel: 1\n", ""],
    [/ {4}concurrency:\n.*\n.*\n/, ""],
  ])("is reported for concurrent applies: %s", (from, to) => {
    expect(unguardedApplies(broken("deploy", from, to))).toHaveLength(1);
  });

  it.each(workflows)("$path: requests approval for the newest run, not for older ones", (file) => {
    expect(stuckApplies(file)).toEqual([]);
  });

  it.each([
    ["needs: [environments, non-production, supersede]", "needs: [environments, non-production]"],
    ["--workflow deploy.yaml", "--workflow deliver.yaml"],
  ])("is reported for an apply that an older run can block: %s", (from, to) => {
    expect(stuckApplies(broken("deploy", from, to))).toHaveLength(1);
  });

  it("is reported for an apply to another environment", () => {
    const file = broken(
      "deploy",
      "environment: ${{ matrix.environment }}\n          token",
      "environment: test\n          token",
    );
    expect(mixedEnvironments(file)).toHaveLength(1);
  });

  it.each([
    ["names", undefined],
    ["names and numbers", { owner: 12, repositories: { notejam: 34 } }],
  ])("is granted by AWS to exactly the jobs of environments, by %s", async (_, githubIds) => {
    const { organization, environments } = await repositoryConfiguration();
    const configuration = { organization: { ...organization, githubIds }, environments };
    const trusted = trustedSubjects(synthesizeApp(configuration).values());
    const owner = "${var.github_owner}";
    const repository = githubIds ? `${owner}@12/notejam@34` : `${owner}/notejam`;
    const subjectOf = (environmentId: string) => `repo:${repository}:environment:${environmentId}`;
    const all = environments.map((environment) => subjectOf(namesOf(environment).environmentId)).sort();
    expect(trusted).toEqual(all);
    const subjects = subjectsOf(workflows, repository, environments);
    // Standbys have no jobs before a failover, and an environment may run images that another one built.
    expect(trusted).toEqual(expect.arrayContaining(subjects));
    expect(subjects).toEqual(expect.arrayContaining(["dev", "prod"].map(subjectOf)));
    const elsewhere = broken("promote", JOB_ENVIRONMENT, "    environment: live\n");
    expect(trusted).not.toEqual(expect.arrayContaining(subjectsOf([elsewhere], repository, environments)));
  });

  it("lets prod's role read dev's images and write prod's releases", async () => {
    const prod = stackNamed(synthesizeApp(await repositoryConfiguration()), "notejam-prod");
    const role = prod.one("aws_iam_role_policy", /^github/);
    const rights = statementsOf(role.policy).filter(({ Resource }) => !Resource?.includes("*"));
    const about = (name: string) =>
      rights
        .filter(({ Resource }) => Resource?.some((arn) => arn.includes(name)))
        .flatMap(({ Action }) => Action);
    expect(about(":repository/notejam-dev-ecr-registry")).toEqual(
      expect.arrayContaining(["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"]),
    );
    expect(about(":repository/notejam-dev-ecr-registry")).not.toContain("ecr:PutImage");
    expect(about("aws_ecr_repository.ecr_repository")).toContain("ecr:PutImage");
  });

  it("leads to every environment of the configuration, in the order of deployment, but not to DR replicas", async () => {
    const { environments } = await repositoryConfiguration();
    const test = { ...(await environmentNamed("dev")), name: "test" };
    const jobs = jobsOf(readWorkflow(".github/workflows/deploy.yaml"));
    const deployed = jobs
      .filter(({ job }) => job.steps.some(({ uses }) => uses === "./.github/actions/apply"))
      .flatMap(({ job }) => environmentsOf(job, jobs, [test, ...environments]));
    expect(deployed).toEqual(["dev", "test", "prod"]);
  });

  it.each(workflows)("$path: names no environment", async (file) => {
    const { environments } = await repositoryConfiguration();
    const ids = environments.map((environment) => namesOf(environment).environmentId);
    expect(namedEnvironments(file, ids)).toEqual([]);
  });

  it.each([
    ["image", "vars.REGISTRY", "vars.PROD_REGISTRY", "prod"],
    ["promote", "vars[matrix.source-registry]", "vars.DEV_REGISTRY", "dev"],
    ["deploy", JOB_ENVIRONMENT, "    environment: prod\n", "prod"],
  ])("shows in %s that %s became %s", (name, from, to, id) => {
    expect(namedEnvironments(broken(name, from, to), ["dev", "prod"]).join("\n")).toContain(
      `names the environment ${id}`,
    );
  });

  it("passes Terraform's token in the variable for the host", async () => {
    const { organization } = await repositoryConfiguration();
    const { hostname } = organization.terraformCloud;
    expect(otherTokenVariables(hostname)).toEqual([]);
    const texts = files.map(({ text }) => text).join("\n");
    expect(texts).toContain(`${tokenVariable(hostname)}: \${{ secrets.${PLAN_TOKEN} }}`);
  });

  it("lists the files to change for another host of Terraform", () => {
    expect(otherTokenVariables("tfe.example-notes.com").sort()).toEqual([
      ".github/actions/apply/action.yaml: TF_TOKEN_app_terraform_io, not TF_TOKEN_tfe_example__notes_com",
      ".github/workflows/drift.yaml: TF_TOKEN_app_terraform_io, not TF_TOKEN_tfe_example__notes_com",
      ".github/workflows/plan.yaml: TF_TOKEN_app_terraform_io, not TF_TOKEN_tfe_example__notes_com",
      "docs/runbook/infrastructure.md: TF_TOKEN_app_terraform_io, not TF_TOKEN_tfe_example__notes_com",
    ]);
  });
});

/** Variables for the token of another host than the given one, in workflows and in the runbook. */
function otherTokenVariables(hostname: string): string[] {
  const runbook = "docs/runbook/infrastructure.md";
  const expected = tokenVariable(hostname);
  return [...files, { path: runbook, text: readFileSync(runbook, "utf8") }].flatMap(({ path, text }) =>
    [...text.matchAll(/TF_TOKEN_\w+/g)]
      .filter(([found]) => found !== expected)
      .map(([found]) => `${path}: ${found}, not ${expected}`),
  );
}

describe("the versions of tools", () => {
  it("of Node are equal in .nvmrc and tool-versions.json", () => {
    const [major, minor] = toolVersions.node.pinned.split(".");
    expect(readFileSync(".nvmrc", "utf8")).toBe(`${major}.${minor}\n`);
    expect(toolVersions.node.tested).toContain(toolVersions.node.pinned);
  });

  it("of Terraform are equal in workspaces and workflows, which use the action terraform", () => {
    const setups = files.filter(({ text }) => text.includes("hashicorp/setup-terraform@"));
    expect(setups.map(({ path }) => path)).toEqual([".github/actions/terraform/action.yaml"]);
    expect(toolVersions.terraform.pinned).toBe(TERRAFORM_VERSION);
  });
});

describe("the required check", () => {
  it("needs every other job of the workflow", () => {
    const { jobs } = readWorkflow(".github/workflows/checks.yaml").workflow;
    const others = Object.keys(jobs).filter((id) => id !== "passed");
    expect(jobs.passed?.needs.toSorted()).toEqual(others.sort());
  });

  it("counts a missing tool as a failure", () => {
    expect(readWorkflow(".github/workflows/checks.yaml").workflow.jobs.tests?.env).toEqual({
      REQUIRE_ALL_TOOLS: "1",
    });
  });
});

describe("the machines", () => {
  const { on, jobs } = readWorkflow(".github/workflows/machines.yaml").workflow;

  it("run the commands of the README with only Node and npm packages installed", () => {
    const { steps = [] } = jobs.machine ?? {};
    expect(steps.flatMap(({ run }) => run ?? [])).toEqual([
      "npm ci --ignore-scripts",
      "npm start -- --once",
      "npm test",
    ]);
    expect(steps.flatMap(({ uses }) => uses?.split("@")[0] ?? [])).toEqual([
      "actions/checkout",
      "actions/setup-node",
    ]);
    expect(jobs.machine?.env).toEqual({});
  });

  it("run on changes to paths that exist", () => {
    const { paths } = z.object({ paths: z.array(z.string()) }).parse(on.pull_request);
    const missing = paths.filter((path) => !existsSync(path.replace(/\/\*\*$/, "")));
    expect(missing).toEqual([]);
  });
});

describe("the workflows' secrets and variables", () => {
  const asked = (context: string) =>
    new Set(
      [
        ...files
          .map(({ text }) => text)
          .join("\n")
          .matchAll(new RegExp(`\\b${context}\\.(\\w+)`, "g")),
      ].map(([, name]) => name),
    );

  it("include only secrets that the runbook sets", () => {
    const documented = readFileSync("docs/runbook/github.md", "utf8").matchAll(/gh secret set (\w+)/g);
    expect(new Set([...documented].map(([, name]) => name))).toEqual(asked("secrets"));
  });

  it("include only variables that the gitops stacks set, except ATTESTATIONS", async () => {
    const stacks = synthesizeApp(await repositoryConfiguration());
    const written = ["notejam-dev-gitops", "notejam-prod-gitops"].flatMap((name) =>
      ["github_actions_variable", "github_actions_environment_variable"].flatMap((type) =>
        stackNamed(stacks, name)
          .resources(type)
          .map(({ variable_name: variable }) => String(variable)),
      ),
    );
    expect([...asked("vars")].filter((name) => !written.includes(String(name)))).toEqual(["ATTESTATIONS"]);
    expect(readFileSync("docs/runbook/github.md", "utf8")).toContain(
      "gh variable set ATTESTATIONS --body off",
    );
  });
});

describe("scripts", () => {
  it("call only scripts of package.json", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
    const calls = files.flatMap(npmCalls);
    expect(calls.length).toBeGreaterThan(10);
    const unknown = calls.filter(({ script }) => !(script in scripts));
    expect(unknown).toEqual([]);
    const { jobs } = parse(readFileSync(".github/workflows/checks.yaml", "utf8"));
    for (const { script } of jobs.tests.strategy.matrix.include) expect(scripts).toHaveProperty([script]);
  });

  it("check manifests with the schemas that they check out", () => {
    const { jobs } = parse(readFileSync(".github/workflows/checks.yaml", "utf8"));
    const inputs: Record<string, string>[] = jobs.manifests.steps.map(
      (step: { with?: Record<string, string> }) => step.with ?? {},
    );
    const fetched = inputs
      .filter((input) => input.repository)
      .map((input) => `${input.path}/${input["sparse-checkout"]}`);
    expect(jobs.manifests.env.K8S_SCHEMAS.split(":")).toEqual(fetched);
  });

  it("call commands of the program with options that they have", async () => {
    const calls = files.flatMap(npmCalls).flatMap(({ where, script, parameters }) => {
      if (script !== "pipeline" && script !== "notejam") return [];
      const isCommand = (word: string) => /^[a-z-]+$/.test(word) && !word.startsWith("-");
      const words = parameters.slice(0, 1).filter(isCommand);
      const command = script === "pipeline" ? ["pipeline", ...words] : words;
      return [{ where, command, options: parameters.filter((parameter) => parameter.startsWith("-")) }];
    });
    expect([...new Set(calls.map(({ command }) => command.join(" ")))].sort()).toEqual([
      "deploy-order",
      "pipeline apply",
      "pipeline changed-stacks",
      "pipeline comment",
      "pipeline copy-image",
      "pipeline drift",
      "pipeline environments",
      "pipeline image-tag",
      "pipeline plan",
      "pipeline promotion-check",
      "pipeline supersede",
    ]);
    for (const { where, command, options } of calls) {
      const known = (await helpOf(command)).match(/--[a-z-]+/g);
      for (const option of options) expect(known, `${where}: ${command.join(" ")}`).toContain(option);
    }
  });
});

/** Returns the help of a command of the program. */
async function helpOf(command: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runNotejam([...command, "--help"]);
  expect(status, stderr).toBe(0);
  return stdout;
}

describe("the image", () => {
  it("gets a tag that Flux deploys: to dev for builds of main, to prod for releases", async () => {
    const stacks = synthesizeApp(await repositoryConfiguration());
    const follows = (environmentId: string, tag: string) => {
      const vars = stackNamed(stacks, `notejam-${environmentId}-gitops`).one("kubernetes_config_map_v1").data;
      const { IMAGE_TAG_PATTERN: pattern } = z.object({ IMAGE_TAG_PATTERN: z.string() }).parse(vars);
      return new RegExp(`^${pattern.replaceAll("(?P<", "(?<")}$`).test(tag);
    };
    const build = { commit: "0123abcd".repeat(5), runId: "4711", date: new Date("2027-01-31") };
    const { tag, toolsTag } = imageTags({ ...build, branch: "main" });
    expect(follows("dev", tag)).toBe(true);
    for (const branch of ["12/merge", "main-2", "x.main", "MAIN"]) {
      expect(follows("dev", imageTags({ ...build, branch }).tag), branch).toBe(false);
    }
    expect([follows("prod", "v1.8.0"), follows("prod", tag), follows("dev", "v1.8.0")]).toEqual([
      true,
      false,
      false,
    ]);
    // The tools image has a separate image policy.
    expect(follows("dev", toolsTag)).toBe(false);
  });

  it("is rebuilt when one of its sources changes", () => {
    const { on } = parse(readFileSync(".github/workflows/image.yaml", "utf8"));
    expect(on.push.paths).toEqual(on.pull_request.paths);
    const copied = [...readFileSync("app/Dockerfile", "utf8").matchAll(/^COPY (?!--from)(.+) \S+$/gm)];
    const sources = copied.flatMap(([, list = ""]) => list.split(/\s+/));
    expect(sources).toContain("package-lock.json");
    const watched = (source: string) =>
      on.push.paths.some(
        (path: string) => path === source || (path === "app/**" && /^app(\/|$)/.test(source)),
      );
    expect(sources.filter((source) => !watched(source))).toEqual([]);
  });
});
