import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import toolVersions from "../tool-versions.json" with { type: "json" };
import { writeExecutable } from "./executable.js";
import { needs } from "./required-tools.js";
import {
  type ActionFile,
  readAction,
  readWorkflow,
  stepsOf,
  type WorkflowFile,
} from "./workflows/workflow-file.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "notejam-script-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the script of a step in the test's folder, as a runner does. */
function runStep(file: WorkflowFile | ActionFile, name: string, env: Readonly<Record<string, string>> = {}) {
  const found = stepsOf(file).find(({ step }) => step.name === name);
  writeFileSync(join(folder, "step.sh"), found?.step.run ?? "exit 99");
  const { status, stdout, stderr } = spawnSync(
    "bash",
    ["--noprofile", "--norc", "-euo", "pipefail", join(folder, "step.sh")],
    {
      cwd: folder,
      encoding: "utf8",
      env: { ...env, PATH: `${join(folder, "bin")}${delimiter}${process.env.PATH}`, HOME: folder },
    },
  );
  return { status, stdout, stderr };
}

/** Adds a fake program to the step's PATH. @param script - its shell script */
function stub(program: string, script: string): void {
  mkdirSync(join(folder, "bin"), { recursive: true });
  writeExecutable(join(folder, "bin", program), `#!/bin/sh\n${script}\n`);
}

/** Outputs of a step. */
const outputs = () => readFileSync(join(folder, "output"), "utf8").trim();

describe("an apply", needs("jq"), () => {
  const apply = readAction(".github/actions/apply/action.yaml");
  const step = "Apply the stacks in order";

  /** Adds a fake npm that records its calls and fails for a given argument. */
  function stubNpm(failing = "nothing"): void {
    stub("npm", `echo "$*" >> '${folder}/calls'\ncase "$*" in *"${failing}"*) exit 1;; esac`);
  }

  const calls = () =>
    existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8").trim().split("\n") : [];

  it("applies the stacks in the given order", () => {
    stubNpm();
    const { status } = runStep(apply, step, { STACKS: '["notejam-dev","notejam-dev-gitops"]' });
    expect(status).toBe(0);
    expect(calls()).toEqual([
      "run --silent pipeline -- apply --stack notejam-dev",
      "run --silent pipeline -- apply --stack notejam-dev-gitops",
    ]);
  });

  it("stops after the first failure, because later stacks would read old outputs", () => {
    stubNpm("--stack notejam-dev");
    expect(runStep(apply, step, { STACKS: '["notejam-dev","notejam-dev-gitops"]' }).status).not.toBe(0);
    expect(calls()).toHaveLength(1);
  });

  it("does not print Terraform's output, because the logs of jobs may be public", () => {
    const scripts = stepsOf(apply).map(({ step: { run = "" } }) => run);
    expect(scripts.filter((script) => script.includes("terraform "))).toEqual([]);
  });

  it.each(["", "[]", "notejam-dev", "{}"])("fails without stacks: '%s'", (stacks) => {
    stubNpm();
    expect(runStep(apply, step, { STACKS: stacks }).status).not.toBe(0);
    expect(calls()).toEqual([]);
  });
});

describe("the synthesis of the target branch", () => {
  const plan = readWorkflow(".github/workflows/plan.yaml");

  /** Runs the step with a fake npm, whose given command fails. */
  function synthesize(failing: string) {
    stub("git", `mkdir -p '${folder}/base'`);
    stub("npm", `case "$*" in "${failing}"*) echo "$*" failed >&2; exit 2;; esac`);
    return runStep(plan, "Synthesize the target branch", { RUNNER_TEMP: folder });
  }

  it("may fail: a target branch that does not synthesize must not block its repair", () => {
    expect(synthesize("run --silent synth")).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^::warning::The target branch does not synthesize\..*all stacks/m),
    });
    expect(synthesize("none")).toMatchObject({ status: 0, stdout: "" });
  });

  it("fails if its packages cannot be installed", () => {
    expect(synthesize("ci").status).not.toBe(0);
  });
});

describe("the approval of a deploy to prod", () => {
  const deploy = readWorkflow(".github/workflows/deploy.yaml");
  const step = "Fail if main has newer infrastructure changes";

  /** Commits a file and returns the commit. */
  function merge(path: string): string {
    const repository = join(folder, "newest");
    mkdirSync(join(repository, dirname(path)), { recursive: true });
    writeFileSync(join(repository, path), String(Math.random()));
    const git = (...parameters: string[]) =>
      execFileSync(
        "git",
        ["-C", repository, "-c", "user.name=n", "-c", "user.email=n@example.com", ...parameters],
        {
          encoding: "utf8",
        },
      ).trim();
    if (!existsSync(join(repository, ".git"))) git("init", "--quiet");
    git("add", ".");
    git("commit", "--quiet", "--message", path);
    return git("rev-parse", "HEAD");
  }

  it("is valid while the infrastructure on main is unchanged", () => {
    const commit = merge("src/main.ts");
    for (const path of ["app/src/main.ts", "docs/runbook/README.md", "README.md", "flux/README.md"])
      merge(path);
    expect(runStep(deploy, step, { GITHUB_SHA: commit })).toMatchObject({ status: 0 });
    expect(existsSync(join(folder, "newest"))).toBe(false);
  });

  it.each(["src/main.ts", "flux/namespaces/new.yaml", "environments/prod.ts", "package-lock.json"])(
    "is invalid after a change of %s",
    (path) => {
      const commit = merge("modules/vpc/vpc.ts");
      merge(path);
      const { status, stdout } = runStep(deploy, step, { GITHUB_SHA: commit });
      expect(status).toBe(1);
      expect(stdout).toContain("Approve the newest run instead");
    },
  );

  it("ignores the same files as the trigger of the workflow", () => {
    const on: { push?: { "paths-ignore"?: string[] } } = deploy.workflow.on;
    expect(on.push?.["paths-ignore"]).toEqual(["app/**", "docs/**", "**.md"]);
    const script = stepsOf(deploy).find(({ step: { name } }) => name === step)?.step.run;
    expect(script?.match(/':![^']+'/g)).toEqual(["':!app'", "':!docs'", "':!*.md'"]);
  });
});

describe("the checks of a pull request", () => {
  const checks = readWorkflow(".github/workflows/checks.yaml");
  const plan = readWorkflow(".github/workflows/plan.yaml");

  it.each([
    ["success success success success success", 0],
    ["success failure success success success", 1],
    ["success success success success cancelled", 1],
    ["skipped success success success success", 1],
    ["", 1],
  ])("pass if all jobs succeed: '%s'", (results, status) => {
    expect(runStep(checks, "Fail unless all passed", { RESULTS: results }).status).toBe(status);
  });

  it.each([
    ["success", "success", 0],
    ["success", "skipped", 0],
    ["success", "failure", 1],
    ["success", "cancelled", 1],
    ["failure", "skipped", 1],
  ])("require a successful or skipped plan: synth %s, plan %s", (synth, planned, status) => {
    expect(runStep(plan, "Fail if a plan failed", { SYNTH: synth, PLAN: planned }).status).toBe(status);
  });
});

describe("the versions of tools", needs("jq"), () => {
  const terraform = readAction(".github/actions/terraform/action.yaml");
  const machines = readWorkflow(".github/workflows/machines.yaml");

  const versions = (content: object) => {
    writeFileSync(join(folder, "tool-versions.json"), JSON.stringify(content));
    return { GITHUB_OUTPUT: join(folder, "output") };
  };

  it("are read for Terraform", () => {
    expect(
      runStep(terraform, "Read the version", versions({ terraform: { pinned: "1.2.3" } })),
    ).toMatchObject({ status: 0 });
    expect(outputs()).toBe("terraform=1.2.3");
  });

  it("are read for the machines", () => {
    const env = versions({ node: { tested: ["20.1.0", "26.2.0"] } });
    expect(runStep(machines, "Read the versions", env)).toMatchObject({ status: 0 });
    expect(outputs()).toBe('node=["20.1.0","26.2.0"]');
  });

  it("are in the repository's tool-versions.json", () => {
    const env = versions(toolVersions);
    expect(runStep(terraform, "Read the version", env).status).toBe(0);
    expect(runStep(machines, "Read the versions", env).status).toBe(0);
  });

  it("are required: a missing version fails the step", () => {
    expect(runStep(terraform, "Read the version", versions({ terraform: {} })).status).not.toBe(0);
    expect(runStep(machines, "Read the versions", versions({ node: { tested: [] } })).status).not.toBe(0);
    expect(runStep(machines, "Read the versions", versions({})).status).not.toBe(0);
  });
});

describe("the check of npm start on Windows", () => {
  const machines = readWorkflow(".github/workflows/machines.yaml");
  const step = "Expect one line that names WSL 2";

  it("passes for a failure with one line", () => {
    stub("npm", "echo 'Notejam does not run on Windows itself: use WSL 2.' >&2; exit 1");
    expect(runStep(machines, step).status).toBe(0);
  });

  it.each([
    ["it starts", "echo 'use WSL 2'"],
    ["it fails for another reason", "echo 'Cannot find module' >&2; exit 1"],
    ["it prints more", "printf 'use WSL 2\\nError: x\\n' >&2; exit 1"],
    ["it prints nothing", "exit 1"],
  ])("fails when %s", (_, script) => {
    stub("npm", script);
    expect(runStep(machines, step).status).not.toBe(0);
  });
});

describe("the lock file of the providers", needs("jq"), () => {
  const locks = readWorkflow(".github/workflows/provider-locks.yaml");
  const lock = "Lock the providers of all stacks";
  const propose = "Propose the lock file if it changed";

  function synthesized(stacks: Readonly<Record<string, object>>): void {
    for (const [name, providers] of Object.entries(stacks)) {
      mkdirSync(join(folder, "cdktf.out/stacks", name), { recursive: true });
      const configuration = { terraform: { required_providers: providers } };
      writeFileSync(join(folder, "cdktf.out/stacks", name, "cdk.tf.json"), JSON.stringify(configuration));
    }
  }

  it("contains the providers of all stacks, for Linux, macOS and Windows", () => {
    stub("terraform", `echo "$*" > '${folder}/calls'`);
    const aws = { source: "aws", version: "~> 6.26" };
    const helm = { source: "helm", version: "3.1.1" };
    synthesized({ "notejam-dev": { aws }, "notejam-dev-gitops": { aws, helm } });
    expect(runStep(locks, lock)).toMatchObject({ status: 0 });
    const written = JSON.parse(readFileSync(join(folder, "locked/providers.tf.json"), "utf8"));
    expect(written).toEqual({ terraform: { required_providers: { aws, helm } } });
    const call = readFileSync(join(folder, "calls"), "utf8");
    expect(call).toMatch(/^-chdir=locked providers lock /);
    expect(call.match(/-platform=\S+/g)).toEqual([
      "-platform=linux_amd64",
      "-platform=linux_arm64",
      "-platform=darwin_amd64",
      "-platform=darwin_arm64",
      "-platform=windows_amd64",
    ]);
  });

  it("requires stacks", () => {
    stub("terraform", "exit 0");
    expect(runStep(locks, lock).status).not.toBe(0);
  });

  /** Creates a clone with a committed and a downloaded lock file, and a `gh` that records its calls. */
  function clone(present: string, downloaded: string, open: number): (...parameters: string[]) => string {
    const git = (...parameters: string[]) =>
      execFileSync("git", ["-c", "user.name=n", "-c", "user.email=n@example.com", ...parameters], {
        cwd: folder,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    git("init", "--quiet", "--bare", "remote");
    git("init", "--quiet", "--initial-branch=main", ".");
    git("remote", "add", "origin", "./remote");
    writeFileSync(join(folder, ".terraform.lock.hcl"), present);
    git("add", ".terraform.lock.hcl");
    git("commit", "--quiet", "--message", "first");
    writeFileSync(join(folder, ".terraform.lock.hcl"), downloaded);
    stub("gh", `echo "$*" >> '${folder}/calls'\ncase "$*" in "pr list"*) echo ${open};; esac`);
    return git;
  }

  const calls = () => (existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8") : "");

  it("is proposed in a pull request if it changed", () => {
    const git = clone("old", "new", 0);
    expect(runStep(locks, propose)).toMatchObject({ status: 0 });
    expect(git("--git-dir=remote", "show", "provider-locks:.terraform.lock.hcl")).toBe("new");
    expect(calls()).toContain("pr create --base main --head provider-locks");
  });

  it("updates an open pull request", () => {
    const git = clone("old", "new", 0);
    expect(runStep(locks, propose).status).toBe(0);
    git("switch", "--quiet", "main");
    git("branch", "--quiet", "-D", "provider-locks");
    writeFileSync(join(folder, ".terraform.lock.hcl"), "newer");
    stub("gh", `echo "$*" >> '${folder}/calls-2'\ncase "$*" in "pr list"*) echo 1;; esac`);
    expect(runStep(locks, propose)).toMatchObject({ status: 0 });
    expect(git("--git-dir=remote", "show", "provider-locks:.terraform.lock.hcl")).toBe("newer");
    expect(readFileSync(join(folder, "calls-2"), "utf8")).not.toContain("pr create");
  });

  it("is not proposed if it is unchanged", () => {
    const git = clone("same", "same", 0);
    expect(runStep(locks, propose)).toMatchObject({ status: 0, stdout: "The lock file is up to date.\n" });
    expect(git("--git-dir=remote", "branch", "--list")).toBe("");
    expect(calls()).toBe("");
  });
});
