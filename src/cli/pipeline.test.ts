import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeGitHub } from "../../test/fakes/github.js";
import { canariesIn, recordedPlanFile } from "../../test/recorded-plans.js";
import { runNotejam } from "../../test/run-notejam.js";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "notejam-pipeline-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command of the pipeline without the environment of this process. */
const pipeline = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  runNotejam(["pipeline", ...args], { PATH: process.env.PATH, HOME: folder, ...env });

/** Folder of synthesized stacks with one stack that has a workspace. */
function synthesized(): string {
  const configuration = {
    terraform: { cloud: { organization: "example", workspaces: { name: "notejam-dev" } } },
  };
  const manifest = { stacks: { "notejam-dev": { synthesizedStackPath: "cdk.tf.json" } } };
  writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify(configuration));
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
  return folder;
}

const summarize = (name: string, stack = "notejam-dev") =>
  pipeline([
    ...["summarize", "--plan", recordedPlanFile(name), "--stack", stack],
    ...["--out", join(folder, "summaries", `${stack}.json`)],
  ]);

const summaries = () => join(folder, "summaries");
const github = { GITHUB_TOKEN: "fake-token", GITHUB_REPOSITORY: "example/notejam", GITHUB_ACTIONS: "true" };

describe("the list of environments", () => {
  const output = () => readFileSync(join(folder, "output"), "utf8");

  it("is written for the matrices of workflows", async () => {
    const { status, stdout } = await pipeline(["environments"], { GITHUB_OUTPUT: join(folder, "output") });
    expect({ status, stdout: `${stdout}\n`.replaceAll(": ", "=") }).toEqual({ status: 0, stdout: output() });
    expect(output()).toMatch(
      /^non-production=\[".+"\]\nproduction=\[".+"\]\nbuilds=\[".+"\]\nreleases=\[\{.+\}\]\n$/,
    );
  });

  it.each([
    ["all with promotesFrom", [], /"environment":"prod"/],
    ["one", ["--release-to", "prod"], /"environment":"prod"/],
    ["all, because a workflow without an input passes an empty text", ["--release-to", ""], /"prod"/],
  ])("has releases to %s", async (_, options, releases) => {
    await pipeline(["environments", ...options], { GITHUB_OUTPUT: join(folder, "output") });
    expect(/^releases=(.+)$/m.exec(output())?.[1]).toMatch(releases);
  });

  it.each(["dev", "stage"])(
    "rejects a release to %s, which has no promotesFrom or does not exist",
    async (id) => {
      const { status, stderr } = await pipeline(["environments", "--release-to", id]);
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: expect.stringMatching(
          `"${id}" is not an environment that receives releases.*promotesFrom: .*prod`,
        ),
      });
    },
  );
});

describe("the pipeline commands", () => {
  it("print the lines and exit with the status of the program", async () => {
    const notejam = ["--import", "tsx", resolve("src/cli/index.ts"), "pipeline"];
    const run = (...args: string[]) => execa(process.execPath, [...notejam, ...args], { reject: false });
    const plan = ["summarize", "--plan", recordedPlanFile("error"), "--stack", "notejam-dev"];
    expect(await run(...plan, "--out", join(folder, "x"))).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: "notejam-dev could not be planned: Terraform could not plan all resources.",
    });
    expect(await run("plan")).toMatchObject({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringMatching(/^error: .*$/),
    });
  });

  const wrongPlan = () => {
    const file = join(folder, "plan.json");
    writeFileSync(file, '{"format_version":"2.0","resource_changes":[]}');
    return file;
  };
  const wrong: [string, () => string[], NodeJS.ProcessEnv, RegExp][] = [
    ["an unknown command", () => ["destroy"], {}, /unknown command 'destroy'/],
    ["a missing option", () => ["plan", "--stack", "notejam-dev"], {}, /'--out <file>' not specified/],
    [
      "an unknown stack",
      () => ["plan", "--stack", "notejam-x", "--out", "x.json", "--app", synthesized()],
      {},
      /has no stack "notejam-x"\. Choose from: notejam-dev\./,
    ],
    [
      "no token of HCP Terraform",
      () => ["plan", "--stack", "notejam-dev", "--out", join(folder, "x.json"), "--app", synthesized()],
      {},
      /token for app\.terraform\.io: TF_TOKEN_app_terraform_io is not set/,
    ],
    [
      "a plan that is not there",
      () => ["summarize", "--plan", "/nowhere.json", "--stack", "notejam-dev", "--out", "x.json"],
      {},
      /plan cannot be read: ENOENT/,
    ],
    [
      "a plan of another version",
      () => ["summarize", "--plan", wrongPlan(), "--stack", "notejam-dev", "--out", "x.json"],
      {},
      /format "2\.0"/,
    ],
    [
      "no summaries",
      () => ["comment", "--summaries", "/nowhere", "--pull-request", "7"],
      github,
      /\/nowhere/,
    ],
    [
      "no token of GitHub",
      () => ["comment", "--summaries", folder, "--pull-request", "7"],
      { ...github, GITHUB_TOKEN: "" },
      /GITHUB_TOKEN is not set/,
    ],
    [
      "a pull request that is no number",
      () => ["comment", "--summaries", folder, "--pull-request", "7; rm"],
      github,
      /must be a whole number from 1/,
    ],
    ["no run that stays", () => ["supersede", "--workflow", "deploy.yaml"], github, /--run <number>/],
    ["nothing planned", () => ["drift", "--summaries", folder], github, /drift is unknown/],
    [
      "nothing synthesized",
      () => ["changed-stacks", "--base", folder, "--head", folder],
      {},
      /npm run synth/,
    ],
    [
      "outputs that cannot be written",
      () => ["changed-stacks", "--base", synthesized(), "--head", folder],
      { GITHUB_OUTPUT: "/nowhere/output" },
      /cannot be written to GITHUB_OUTPUT \(\/nowhere\/output\): ENOENT/,
    ],
    [
      "a summary that cannot be written",
      () => [
        "summarize",
        "--plan",
        recordedPlanFile("change"),
        "--stack",
        "notejam-dev",
        "--out",
        "/dev/null/x",
      ],
      {},
      /summary cannot be written to \/dev\/null\/x/,
    ],
    ["no commit", () => ["image-tag", "--branch", "main", "--run-id", "1"], {}, /GITHUB_SHA/],
    [
      "no repository",
      () => ["promotion-check", "--version", "v1.0.0", "--digest", "x"],
      {},
      /--from \(DEV_REGISTRY\) is ""/,
    ],
  ];
  it.each(wrong)("exit with 2 and one line: %s", async (_what, args, env, message) => {
    const { status, stdout, stderr } = await pipeline(args(), env);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr.split("\n")).toHaveLength(1);
  });

  it("write the reason for a missing plan to the comment, too", async () => {
    const out = join(folder, "summaries", "notejam-dev.json");
    await pipeline(["plan", "--stack", "notejam-dev", "--out", out, "--app", synthesized()]);
    const { status, stdout } = await pipeline(["comment", "--summaries", summaries(), "--dry-run"]);
    expect(status).toBe(1);
    expect(stdout).toContain("- Error: There is no token for app.terraform.io");
  });

  it("summarize a plan in one line, without its values", async () => {
    const { status, stdout, stderr } = await summarize("change");
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: "notejam-dev: 1 to add, 4 to change, 1 to destroy (1 replaced)",
      stderr: "",
    });
    expect(canariesIn(readFileSync(recordedPlanFile("change"), "utf8")).length).toBeGreaterThan(4);
    expect(canariesIn(readFileSync(join(summaries(), "notejam-dev.json"), "utf8"))).toEqual([]);
    expect((await summarize("no-change")).stdout).toBe("notejam-dev: no changes");
  });

  it("exit with 1 for a plan that failed, and write its summary", async () => {
    expect(await summarize("error")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("notejam-dev"),
    });
    expect(existsSync(join(summaries(), "notejam-dev.json"))).toBe(true);
  });

  it("write the comment, and exit with 1 when a plan is missing", async () => {
    const fake = await FakeGitHub.start();
    await summarize("change");
    const args = ["comment", "--summaries", summaries(), "--pull-request", "7"];
    const env = { ...github, GITHUB_API_URL: fake.url, GITHUB_RUN_NUMBER: "3", GITHUB_RUN_ATTEMPT: "1" };
    expect(await pipeline(args, env)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Comment: created\. https/),
    });
    const stacks = ["--stacks", '["notejam-dev","notejam-prod"]'];
    expect(await pipeline([...args, ...stacks], env)).toMatchObject({
      status: 1,
      stderr: "Without a plan: notejam-prod.",
    });
    expect(fake.comments).toHaveLength(1);
    expect(fake.comments[0]?.body).toContain("❌ no plan");
  });

  it("report a rate limit in one line, with its end", async () => {
    const fake = await FakeGitHub.start();
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "4102444800" };
    fake.refuse = () => ({ status: 403, headers });
    await summarize("change");
    const args = ["comment", "--summaries", summaries(), "--pull-request", "7"];
    const { status, stderr } = await pipeline(args, { ...github, GITHUB_API_URL: fake.url });
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^GitHub rejected the request to read the comments .* Run the command again after 00:00 UTC\.$/,
    );
    expect(stderr).not.toContain("fake-token");
  });

  it("cancel earlier runs that wait for approval", async () => {
    const fake = await FakeGitHub.start();
    fake.addRun(3, "waiting");
    const env = { ...github, GITHUB_API_URL: fake.url, GITHUB_RUN_NUMBER: "6" };
    expect(await pipeline(["supersede", "--workflow", "deploy.yaml"], env)).toEqual({
      status: 0,
      stdout: "Cancelled, because this run includes its changes: https://github.example/runs/3",
      stderr: "",
    });
    expect(await pipeline(["supersede", "--workflow", "deploy.yaml"], env)).toMatchObject({
      stdout: "No earlier run waits for approval.",
    });
  });

  it("exit with 1 when a stack differs from the code, else with 0", async () => {
    await summarize("no-change");
    const args = ["drift", "--summaries", summaries(), "--dry-run"];
    expect(await pipeline(args)).toMatchObject({ status: 0, stdout: "No drift.", stderr: "" });
    await summarize("change", "notejam-prod");
    expect(await pipeline(args)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("notejam-prod"),
      stderr: "1 of 2 stacks differ: notejam-prod.",
    });
  });

  it("write outputs for the next steps of a workflow", async () => {
    const output = join(folder, "output");
    const variables = { GITHUB_REF_NAME: "main", GITHUB_SHA: COMMIT, GITHUB_RUN_ID: "42" };
    const args = ["image-tag", "--date", "2026-11-22"];
    const { stdout } = await pipeline(args, { ...variables, GITHUB_OUTPUT: output });
    expect(stdout).toBe("2026-11-22.main-01234567-42\n2026-11-22.main-01234567-42-tools");
    const app = synthesized();
    await pipeline(["changed-stacks", "--base", app, "--head", app], { GITHUB_OUTPUT: output });
    expect(readFileSync(output, "utf8").split("\n")).toEqual([
      "tag=2026-11-22.main-01234567-42",
      "tools-tag=2026-11-22.main-01234567-42-tools",
      "stacks=[]",
      "manual-stacks=[]",
      "removed=[]",
      "",
    ]);
  });

  it("list all stacks as changed if the base has no synthesized stacks, with a warning", async () => {
    const [output, base] = [join(folder, "output"), join(folder, "none")];
    const args = ["changed-stacks", "--base", base, "--head", synthesized()];
    expect(await pipeline(args, { GITHUB_OUTPUT: output })).toEqual({
      status: 0,
      stdout: "notejam-dev",
      stderr: `${base} has no synthesized stacks: all stacks count as changed, and removed stacks are unknown.`,
    });
    expect(readFileSync(output, "utf8")).toBe('stacks=["notejam-dev"]\nmanual-stacks=[]\nremoved=[]\n');
  });

  it("print one JSON document with --json, and nothing else on standard output", async () => {
    await summarize("change");
    const json = async (...args: string[]): Promise<unknown> =>
      JSON.parse((await pipeline([...args, "--json"])).stdout);
    const build = ["--branch", "main", "--sha", COMMIT, "--run-id", "42", "--date", "2026-11-22"];
    expect(await json("image-tag", ...build)).toEqual({
      tag: "2026-11-22.main-01234567-42",
      toolsTag: "2026-11-22.main-01234567-42-tools",
    });
    const plan = ["--plan", recordedPlanFile("error"), "--stack", "notejam-dev"];
    expect(await json("summarize", ...plan, "--out", join(folder, "x"))).toMatchObject({
      stack: "notejam-dev",
      status: "failed",
      errors: ["Terraform could not plan all resources."],
    });
    const ofSummaries = ["--summaries", summaries(), "--dry-run"];
    expect(await json("drift", ...ofSummaries)).toMatchObject({
      drifted: ["notejam-dev"],
      outcome: "dry run",
      body: expect.stringContaining("notejam-dev"),
    });
    expect(await json("comment", ...ofSummaries, "--stacks", '["notejam-x"]')).toMatchObject({
      outcome: "dry run",
      unplanned: ["notejam-x"],
    });
    const app = synthesized();
    const unchanged = { changed: [], added: [], removed: [] };
    expect(await json("changed-stacks", "--base", app, "--head", app)).toEqual(unchanged);
  });
});
