import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

/** Files and folders that the linters check. */
const LINTED = [".github", "flux/.github", "app/Dockerfile", "app/image/postgres-client.sh", ".ci"];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "notejam-lint-"));
  execFileSync("git", ["init", "--quiet", folder]);
});

beforeEach(() => {
  for (const path of LINTED) {
    rmSync(join(folder, path), { recursive: true, force: true });
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(path, join(folder, path), { recursive: true });
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the linters on the copy. */
function lint() {
  const { status, stdout, stderr } = spawnSync(join(folder, ".github/lint/run"), { encoding: "utf8" });
  return { status, output: stdout + stderr };
}

/** Replaces a text in a file of the copy. */
function replace(path: string, from: string, to: string): void {
  const text = readFileSync(join(folder, path), "utf8");
  if (!text.includes(from)) throw new Error(`${path} does not contain ${from}`);
  writeFileSync(join(folder, path), text.replace(from, to));
}

describe("the linters of the workflows", () => {
  it("find nothing in the repository", () => {
    expect(lint()).toMatchObject({ status: 0 });
  });

  it.each([
    ["hadolint", "app/Dockerfile", "FROM ", "FROM debian\nFROM ", /DL3006/],
    [
      "actionlint: an unknown job",
      ".github/workflows/deploy.yaml",
      "needs: [dev,",
      "needs: [test,",
      /needs job "test"/,
    ],
    [
      "actionlint: an unknown output",
      ".github/workflows/image.yaml",
      "steps.tag.outputs",
      "steps.tags.outputs",
      /"tags" is not defined/,
    ],
    [
      "actionlint: an invalid schedule",
      ".github/workflows/drift.yaml",
      "17 2 * * *",
      "17 25 * * *",
      /invalid CRON/i,
    ],
    [
      "shellcheck in a workflow",
      ".github/workflows/plan.yaml",
      '"$RUNNER_TEMP/base" HEAD^1',
      "$RUNNER_TEMP/base HEAD^1",
      /SC2086/,
    ],
    [
      "shellcheck in a composite action",
      ".github/actions/apply/action.yaml",
      '--stack "$stack"',
      "--stack $stack",
      /SC2086/,
    ],
    ["shellcheck in a script", ".ci/run", '"$reports/results"', "$reports/results", /SC2086/],
    [
      "zizmor",
      ".github/workflows/plan.yaml",
      "run: npm run --silent synth",
      'run: echo "${{ github.head_ref }}"',
      /template-injection/,
    ],
  ])("report a fault to %s", (_, path, from, to, finding) => {
    replace(path, from, to);
    const { status, output } = lint();
    expect(output).toMatch(finding);
    expect(status).toBe(1);
  });
});
