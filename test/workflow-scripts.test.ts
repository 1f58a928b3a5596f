import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

/** Runs the script of a step as a runner does, in the folder of the test. */
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

describe("an apply", () => {
  const apply = readAction(".github/actions/apply/action.yaml");
  const step = "Apply, stack after stack";

  /** An npm that writes down what it was asked, and fails where it is told to. */
  function stubNpm(failing = "nothing"): void {
    mkdirSync(join(folder, "bin"));
    const script = `#!/bin/sh\necho "$*" >> '${folder}/calls'\ncase "$*" in *"${failing}"*) exit 1;; esac\n`;
    writeFileSync(join(folder, "bin", "npm"), script, { mode: 0o755 });
  }

  const calls = () =>
    existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8").trim().split("\n") : [];

  it("takes one stack after the other, in the order that it is given", () => {
    stubNpm();
    const { status } = runStep(apply, step, { STACKS: '["notejam-dev","notejam-dev-gitops"]' });
    expect(status).toBe(0);
    expect(calls()).toEqual([
      "run --silent pipeline -- apply --stack notejam-dev",
      "run --silent pipeline -- apply --stack notejam-dev-gitops",
    ]);
  });

  it("ends with the first that fails: what comes after it would read old outputs", () => {
    stubNpm("--stack notejam-dev");
    expect(runStep(apply, step, { STACKS: '["notejam-dev","notejam-dev-gitops"]' }).status).not.toBe(0);
    expect(calls()).toHaveLength(1);
  });

  it("shows nothing of what Terraform prints: a job's log is as public as the repository", () => {
    const scripts = stepsOf(apply).map(({ step: { run = "" } }) => run);
    expect(scripts.filter((script) => script.includes("terraform "))).toEqual([]);
  });

  it.each(["", "[]", "notejam-dev", "{}"])("fails when nothing is to be applied: '%s'", (stacks) => {
    stubNpm();
    expect(runStep(apply, step, { STACKS: stacks }).status).not.toBe(0);
    expect(calls()).toEqual([]);
  });
});

describe("the approval of a deploy to prod", () => {
  const deploy = readWorkflow(".github/workflows/deploy.yaml");
  const step = "Refuse an approval that came after a newer merge";

  /** Commits a file, and gives the commit. */
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

  it("is good as long as main holds the same infrastructure", () => {
    const commit = merge("src/main.ts");
    for (const path of ["app/src/main.ts", "docs/runbook.md", "README.md", "flux/README.md"]) merge(path);
    expect(runStep(deploy, step, { GITHUB_SHA: commit })).toMatchObject({ status: 0 });
    expect(existsSync(join(folder, "newest"))).toBe(false);
  });

  it.each(["src/main.ts", "flux/namespaces/new.yaml", "environments/prod.ts", "package-lock.json"])(
    "is too late once %s has changed",
    (path) => {
      const commit = merge("modules/vpc/vpc.ts");
      merge(path);
      const { status, stdout } = runStep(deploy, step, { GITHUB_SHA: commit });
      expect(status).toBe(1);
      expect(stdout).toContain("approve the run of its newest merge");
    },
  );

  it("overlooks the very files that start no deploy", () => {
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
    ["success success success success", 0],
    ["success failure success success", 1],
    ["success cancelled success success", 1],
    ["success skipped success success", 1],
    ["", 1],
  ])("passed together when all did: '%s'", (results, status) => {
    expect(runStep(checks, "Fail unless all passed", { RESULTS: results }).status).toBe(status);
  });

  it.each([
    ["success", "success", 0],
    ["success", "skipped", 0],
    ["success", "failure", 1],
    ["success", "cancelled", 1],
    ["failure", "skipped", 1],
  ])("have a plan, or need none: synth %s, plan %s", (synth, planned, status) => {
    expect(runStep(plan, "Fail when a plan failed", { SYNTH: synth, PLAN: planned }).status).toBe(status);
  });
});
