import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

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
function lint(env = process.env) {
  const { status, stdout, stderr } = spawnSync(join(folder, ".github/lint/run"), { encoding: "utf8", env });
  return { status, output: stdout + stderr };
}

/** Starts the linters on the copy, with a working folder. */
function startLint(cwd: string, env: NodeJS.ProcessEnv): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const linters = spawn(join(folder, ".github/lint/run"), { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [linters.stdout, linters.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    linters.once("error", reject).once("close", (status) => resolve({ status, output }));
  });
}

/** Returns the path of a program on the PATH. */
function findProgram(name: string): string {
  return execFileSync("/bin/sh", ["-c", 'command -v "$1"', "sh", name], { encoding: "utf8" }).trim();
}

/** Replaces a text in a file of the copy. */
function replace(path: string, from: string, to: string): void {
  const text = readFileSync(join(folder, path), "utf8");
  if (!text.includes(from)) throw new Error(`${path} does not contain ${from}`);
  writeFileSync(join(folder, path), text.replace(from, to));
}

describe("the linters of the workflows", () => {
  it("pass in the repository", () => {
    expect(lint()).toMatchObject({ status: 0 });
  });

  it.each([
    ["hadolint", "app/Dockerfile", "FROM ", "FROM debian\nFROM ", /DL3006/],
    [
      "actionlint: an unknown job",
      ".github/workflows/deploy.yaml",
      "needs: [environments, non-production]",
      "needs: [environments, test]",
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
  ])("fail: %s", (_, path, from, to, message) => {
    replace(path, from, to);
    const { status, output } = lint();
    expect(output).toMatch(message);
    expect(status).toBe(1);
  });
});

describe("the installation of the linters", () => {
  let tools: string;

  beforeEach(() => {
    tools = mkdtempSync(join(tmpdir(), "notejam-lint-tools-"));
  });

  afterEach(() => rmSync(tools, { recursive: true }));

  it("keeps the files of LINT_TOOLS, a relative folder, when two runs start at the same time", async () => {
    writeFileSync(join(tools, "notes.txt"), "mine");
    // The names of the script's own variables.
    const env = {
      ...process.env,
      draft: join(tools, "notes.txt"),
      extracted: join(tools, "notes.txt"),
      LINT_TOOLS: basename(tools),
    };
    const runs = await Promise.all([startLint(dirname(tools), env), startLint(dirname(tools), env)]);
    expect(runs).toMatchObject([{ status: 0 }, { status: 0 }]);
    expect(readdirSync(tools)).toEqual([expect.stringMatching(/^[0-9a-f]{12}$/), "notes.txt"]);
    expect(readFileSync(join(tools, "notes.txt"), "utf8")).toBe("mine");
  });

  it("keeps an incomplete installation and fails with a message", () => {
    const pins = execFileSync("sh", ["-c", "cat requirements.txt go.mod go.sum | sha256sum | cut -c1-12"], {
      cwd: join(folder, ".github/lint"),
      encoding: "utf8",
    }).trim();
    mkdirSync(join(tools, pins));
    writeFileSync(join(tools, pins, "notes.txt"), "mine");
    expect(lint({ ...process.env, LINT_TOOLS: tools })).toEqual({
      status: 1,
      output: `${join(tools, pins)} is incomplete. Delete it and run this script again.\n`,
    });
    expect(readdirSync(join(tools, pins))).toEqual(["notes.txt"]);
  });

  it("deletes its draft folder if the installation fails", () => {
    replace(".github/lint/requirements.txt", "zizmor==", "zizmor==0.");
    expect(lint({ ...process.env, LINT_TOOLS: tools })).toMatchObject({ status: 1 });
    expect(readdirSync(tools)).toEqual([]);
  });

  it.each([
    ["python3", ["go"], "python3 is missing. Install Python 3.10 or later with venv.\n"],
    ["go", ["python3"], "go is missing. Install Go 1.25 or later.\n"],
  ])("reports that %s is missing, even without a home folder", (_, present, message) => {
    // Changed pins, so that no existing installation is used.
    replace(".github/lint/go.sum", "\n", "\n\n");
    expect(lint({ PATH: pathWith(present) })).toEqual({ status: 1, output: message });
  });

  /** Creates a PATH with the programs that the script calls before the installation, and some more. */
  function pathWith(programs: readonly string[]): string {
    const bin = join(tools, "bin");
    mkdirSync(bin);
    for (const name of ["bash", "cat", "cut", "dirname", "env", "rm", "sha256sum", ...programs]) {
      symlinkSync(findProgram(name), join(bin, name));
    }
    return bin;
  }
});
