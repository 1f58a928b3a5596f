import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { firstRun } from "../src/bootstrap/first-run.js";
import { TERRAFORM_VERSION } from "../src/stacks/workspaces.js";
import { synthesize } from "../src/terraform/synthesize-app.js";
import { readConfiguration, type SynthesizedStack } from "../src/terraform/synthesized-stacks.js";
import { UserError } from "../src/user-error.js";
import { certificateFor } from "./fakes/hcp-terraform/certificate.js";
import { shellProviders } from "./fakes/hcp-terraform/provider-shells.js";
import { ERRORED, PLANNED, SECRET_IN_PLAN } from "./fakes/hcp-terraform/runs.js";
import { StandIn, type StandInWorkspace } from "./fakes/hcp-terraform/stand-in.js";

/*
 * Real Terraform with the synthesized stacks against a fake of HCP Terraform on this machine. The limits of the fake
 * are described in test/fakes/hcp-terraform/stand-in.ts.
 */

const HOST = "app.terraform.io";
const TOKEN = "stand-in.atlasv1.plan";
const STACK = "notejam-dev-gitops";

let home: string;
let standIn: StandIn;
/** One workspace per stack. */
let known: StandInWorkspace[];
let stacks: SynthesizedStack[];
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  mkdirSync("out", { recursive: true });
  home = mkdtempSync(resolve("out", "hcp-terraform-e2e-"));
  stacks = await synthesize({ projectFolder: resolve("."), out: join(home, "synthesized") });
  const certificate = await certificateFor([HOST, "localhost"], home);
  known = stacks.map(({ name }) => ({ name, terraformVersion: TERRAFORM_VERSION }));
  standIn = new StandIn({
    certificate,
    organization: "example-notes",
    workspaces: known,
    token: TOKEN,
    outcome: PLANNED,
  });
  await standIn.start();
  const mirror = join(home, "providers");
  const required = stacks.map((stack) => readConfiguration(stack).terraform.required_providers);
  writeFileSync(join(home, "terraform.rc"), shellProviders(required, mirror));
  environment = {
    ...withoutTerraformSettings(process.env),
    HOME: home,
    CHECKPOINT_DISABLE: "1",
    HTTPS_PROXY: standIn.proxyUrl,
    SSL_CERT_FILE: certificate.authorityFile,
    TF_CLI_CONFIG_FILE: join(home, "terraform.rc"),
    TF_IN_AUTOMATION: "1",
    TF_TOKEN_app_terraform_io: TOKEN,
  };
});

afterAll(async () => {
  await standIn?.stop();
  rmSync(home, { recursive: true, force: true });
});

beforeEach(() => {
  standIn.forget();
  standIn.props.outcome = PLANNED;
  standIn.props.workspaces = known;
});

function withoutTerraformSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(AWS|TF)_|_PROXY$|_proxy$/.test(name)));
}

/** Copies the folder of a synthesized stack for one test. */
function copyOf(name: string): string {
  const stack = stacks.find((candidate) => candidate.name === name);
  if (stack === undefined) throw new Error(`no stack ${name}`);
  const folder = mkdtempSync(join(home, `${name}-`));
  cpSync(stack.folder, folder, { recursive: true });
  return folder;
}

interface Result {
  readonly status: number | undefined;
  readonly output: string;
}

async function terraform(folder: string, command: string, changes: NodeJS.ProcessEnv = {}): Promise<Result> {
  const { exitCode, all } = await execa("terraform", [command, "-input=false", "-no-color"], {
    cwd: folder,
    env: { ...environment, ...changes },
    extendEnv: false,
    reject: false,
    all: true,
  });
  // Terraform wraps lines at the width of a terminal.
  return { status: exitCode, output: all.replaceAll(/\s+/g, " ") };
}

async function planned(name: string): Promise<{ readonly folder: string; readonly plan: Result }> {
  const folder = copyOf(name);
  const init = await terraform(folder, "init");
  expect(init.status, init.output).toBe(0);
  return { folder, plan: await terraform(folder, "plan") };
}

describe("`terraform plan` of a synthesized stack", () => {
  it.each(["notejam-bootstrap", "notejam-dev", "notejam-dev-gitops", "notejam-prod", "notejam-prod-gitops"])(
    "%s: starts a plan-only run in its workspace and prints the result",
    async (name) => {
      const { plan } = await planned(name);
      expect(plan).toEqual({
        status: 0,
        output: expect.stringContaining("Plan: 1 to add, 0 to change, 0 to destroy."),
      });
      expect(plan.output).toContain(`https://${HOST}/app/example-notes/${name}/runs/run-1`);
      expect(standIn.configurations).toMatchObject([
        { workspace: name, asked: { speculative: true, "auto-queue-runs": false } },
      ]);
      expect(standIn.runs).toMatchObject([
        { workspace: name, configurationVersion: "cv-1", asked: { "auto-apply": false, "save-plan": false } },
      ]);
    },
  );

  it("uploads only the synthesized files, unchanged, and the dependency lock file", async () => {
    const { folder } = await planned(STACK);
    const [configuration] = standIn.configurations;
    const archive = join(home, "uploaded.tar.gz");
    const uploaded = mkdtempSync(join(home, "uploaded-"));
    writeFileSync(archive, configuration?.archive ?? "");
    await execa("tar", ["-xzf", archive, "-C", uploaded]);
    expect(readdirSync(uploaded, { recursive: true }).sort()).toEqual(
      [".terraform.lock.hcl", "cdk.tf.json", "metadata.json"].filter((file) =>
        existsSync(join(folder, file)),
      ),
    );
    for (const file of readdirSync(uploaded))
      expect(readFileSync(join(uploaded, file), "utf8"), file).toBe(readFileSync(join(folder, file), "utf8"));
  });

  it("sends no values of variables, because the workspace has them", async () => {
    const { folder } = await planned("notejam-dev");
    expect(standIn.runs).toMatchObject([{ asked: { variables: [] } }]);
    expect(readdirSync(folder).filter((file) => file.includes("tfvars"))).toEqual([]);
  });

  it("calls only endpoints that the fake supports", async () => {
    await planned(STACK);
    const rejected = standIn.requests.filter((request) => / 4\d\d$/.test(request));
    // The workspace has no state yet.
    expect(rejected).toEqual([`GET /api/v2/workspaces/ws-${STACK}/current-state-version 404`]);
  });
});

describe("`terraform plan` with errors", () => {
  it("fails for an invalid token without starting a run", async () => {
    const init = await terraform(copyOf(STACK), "init", { TF_TOKEN_app_terraform_io: "another" });
    expect(init).toEqual({ status: 1, output: expect.stringMatching(/unauthorized/i) });
    expect(standIn.runs).toEqual([]);
  });

  it("fails for a missing workspace, which the pipeline's token cannot create", async () => {
    standIn.props.workspaces = known.filter(({ name }) => name !== "notejam-dev");
    const init = await terraform(copyOf("notejam-dev"), "init");
    expect(init).toEqual({ status: 1, output: expect.stringContaining("notejam-dev") });
    expect(standIn.refusedWorkspaces).toEqual(["notejam-dev"]);
    expect(standIn.runs).toEqual([]);
  });

  it("fails with the error message of a failed run", async () => {
    standIn.props.outcome = ERRORED;
    const { plan } = await planned("notejam-dev");
    expect(plan.status).toBe(1);
    expect(plan.output).toContain("Invalid value for variable");
    expect(plan.output).toContain("db_user must be 1 to 63 lower-case letters");
  });

  it("reports a refused connection", async () => {
    const init = await terraform(copyOf(STACK), "init", { HTTPS_PROXY: "http://127.0.0.1:9" });
    expect(init).toEqual({
      status: 1,
      output: expect.stringMatching(/app\.terraform\.io.*connection refused/),
    });
  });

  it("cannot become an apply, because the token's team lacks the permission", async () => {
    const { folder } = await planned("notejam-prod");
    const apply = await terraform(folder, "apply");
    expect(apply).toEqual({
      status: 1,
      output: expect.stringContaining("Insufficient rights to apply changes"),
    });
    expect(standIn.runs).toHaveLength(1);
  });
});

describe("`pipeline plan`, as called by the workflows", () => {
  /** Returns a copy of the app for a host. The command does not use a proxy, so the stacks must name the fake's host. */
  function synthesizedFor(host: string): string {
    const app = mkdtempSync(join(home, "app-"));
    cpSync(join(home, "synthesized"), app, { recursive: true });
    for (const { name } of stacks) {
      const file = join(app, "stacks", name, "cdk.tf.json");
      const json = JSON.parse(readFileSync(file, "utf8"));
      json.terraform.cloud.hostname = host;
      writeFileSync(file, JSON.stringify(json, null, 2));
    }
    return app;
  }

  interface PipelineProps {
    readonly host?: string;
    readonly token?: string | undefined;
  }

  async function pipelinePlan(stack: string, props: PipelineProps = {}) {
    const { host = `localhost:${standIn.port}`, token } = { token: TOKEN, ...props };
    const out = join(mkdtempSync(join(home, "summary-")), "summary.json");
    const args = ["plan", "--stack", stack, "--out", out, "--app", synthesizedFor(host)];
    const { HTTPS_PROXY: _proxy, TF_TOKEN_app_terraform_io: _token, ...own } = environment;
    const result = await execa(
      process.execPath,
      ["--import", "tsx", resolve("src/cli/index.ts"), "pipeline", ...args],
      {
        env: { ...own, NODE_EXTRA_CA_CERTS: own.SSL_CERT_FILE, [`TF_TOKEN_${host}`]: token },
        extendEnv: false,
        reject: false,
      },
    );
    const summary = existsSync(out) ? readFileSync(out, "utf8") : undefined;
    return { status: result.exitCode, error: result.stderr, output: result.stdout, summary };
  }

  it("plans in the workspace and writes a summary without values of the plan", async () => {
    const { status, summary, output, error } = await pipelinePlan("notejam-dev");
    expect({ status, error }).toEqual({ status: 0, error: "" });
    expect(standIn.runs).toMatchObject([{ workspace: "notejam-dev" }]);
    expect(standIn.configurations).toMatchObject([{ asked: { speculative: true } }]);
    expect(JSON.parse(summary ?? "")).toMatchObject({ stack: "notejam-dev", counts: { add: 1, destroy: 0 } });
    expect(`${summary}${output}`).not.toContain(SECRET_IN_PLAN);
  });

  it("exits with 1 for a failed run and writes its summary", async () => {
    standIn.props.outcome = ERRORED;
    const { status, summary } = await pipelinePlan("notejam-dev");
    expect(status).toBe(1);
    expect(summary).toContain("Invalid value for variable");
  });

  it("exits with 2 and one line for a missing workspace", async () => {
    standIn.props.workspaces = [];
    const { status, error } = await pipelinePlan(STACK);
    expect({ status, lines: error.trim().split("\n").length }).toEqual({ status: 2, lines: 1 });
    expect(error).toContain(STACK);
  });

  it.each([
    ["an invalid token", STACK, { token: "another" }, /unauthorized/i],
    ["no token", STACK, { token: undefined }, /There is no token for localhost:\d+/],
    ["an unknown stack", "notejam-test", {}, /notejam-test/],
    ["a refused connection", STACK, { host: "localhost:9" }, /localhost:9.*connection refused/],
  ])("exits with 2 and one line for %s", async (_what, stack, props, message) => {
    const { status, error } = await pipelinePlan(stack, props);
    expect({ status, lines: error.trim().split("\n").length }).toEqual({ status: 2, lines: 1 });
    expect(error).toMatch(message);
    expect(error).not.toContain(TOKEN);
    expect(standIn.runs).toEqual([]);
  });
});

describe("the first run of the bootstrap stack", () => {
  const BOOTSTRAP = "notejam-bootstrap";
  const stateFile = () => join(home, `terraform.${BOOTSTRAP}.tfstate`);
  beforeEach(() => rmSync(stateFile(), { force: true }));

  /** @param answer - input for Terraform's question whether to copy the state */
  async function firstRunWith(answer: string): Promise<void> {
    const folder = copyOf(BOOTSTRAP);
    const options = {
      cwd: folder,
      env: environment,
      extendEnv: false,
      input: `${answer}\n`,
      timeout: 60_000,
    };
    await firstRun({
      stack: BOOTSTRAP,
      folder,
      stateFile: stateFile(),
      workspaceExists: async () => false,
      print: () => undefined,
      terraform: async (...args) => {
        // The provider stubs cannot apply. This is the state that an apply would have written.
        if (args[0] === "apply") return writeFileSync(stateFile(), JSON.stringify(ONE_ROLE));
        return execa("terraform", args, options);
      },
    });
  }

  it("migrates the complete state to the new workspace and deletes the local state", async () => {
    await firstRunWith("yes");
    expect(standIn.states).toMatchObject([{ workspace: BOOTSTRAP }]);
    expect(JSON.parse(standIn.states[0]?.content ?? "{}").resources).toEqual(ONE_ROLE.resources);
    expect(standIn.requests.filter((request) => request.includes("/actions/"))).toEqual([
      `POST /api/v2/workspaces/ws-${BOOTSTRAP}/actions/lock 200`,
      `POST /api/v2/workspaces/ws-${BOOTSTRAP}/actions/unlock 200`,
    ]);
    expect(readdirSync(home).filter((name) => name.includes(".tfstate"))).toEqual([]);
  });

  it("keeps the local state if it was not migrated", async () => {
    await expect(firstRunWith("no")).rejects.toThrow(UserError);
    expect(JSON.parse(readFileSync(stateFile(), "utf8"))).toEqual(ONE_ROLE);
    expect(standIn.states).toEqual([]);
  });
});

/** State with one IAM role. */
const ONE_ROLE = {
  version: 4,
  terraform_version: TERRAFORM_VERSION,
  lineage: "0f1e2d3c-0000-4000-8000-000000000000",
  serial: 3,
  outputs: {},
  resources: [
    {
      mode: "managed",
      type: "aws_iam_role",
      name: "plan",
      provider: 'provider["registry.terraform.io/hashicorp/aws"]',
      instances: [
        { schema_version: 0, attributes: { name: "notejam-bootstrap-plan" }, sensitive_attributes: [] },
      ],
    },
  ],
  check_results: null,
};
