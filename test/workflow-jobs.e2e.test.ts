import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import toolVersions from "../tool-versions.json" with { type: "json" };
import { JobRun } from "./workflows/run-job.js";
import { type Job, readWorkflow } from "./workflows/workflow-file.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "notejam-jobs-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Prepares a job with some steps in a clone of a small repository. */
function jobRun(steps: string, matrix: Readonly<Record<string, string>> = {}) {
  const repository = join(folder, "repository");
  mkdirSync(join(repository, ".github/actions/greet"), { recursive: true });
  writeFileSync(
    join(repository, ".github/actions/greet/action.yaml"),
    `name: Greet\nruns:\n  using: composite\n  steps:\n    - shell: bash -euo pipefail {0}\n      run: echo hello > greeting\n`,
  );
  const git = (...parameters: string[]) =>
    execFileSync("git", [
      "-C",
      repository,
      "-c",
      "user.name=n",
      "-c",
      "user.email=n@example.com",
      ...parameters,
    ]);
  git("init", "--quiet");
  git("add", ".");
  git("commit", "--quiet", "--message", "first");
  writeFileSync(join(repository, "uncommitted"), "");
  const text = `name: example\non: { push: {} }\njobs:\n  only:\n    env:\n      FROM_JOB: job\n    steps:\n${steps}`;
  const job: Job | undefined = readWorkflow("example.yaml", text).workflow.jobs.only;
  if (job === undefined) throw new Error("no job");
  const run = new JobRun({ job, folder: join(folder, "run"), repository, matrix });
  return { clone: run.clone, run: () => run.run(job.steps) };
}

const inClone = (clone: string, file: string) => readFileSync(join(clone, file), "utf8").trim();

describe("a job on this machine", () => {
  it("runs its commands in a clone of HEAD, with its variables and those of the matrix", () => {
    const steps = `      - uses: actions/checkout@v0\n      - env:\n          WHAT: \${{ matrix.what }}\n        run: echo "$FROM_JOB $WHAT" > said\n`;
    const { clone, run } = jobRun(steps, { what: "matrix" });
    run();
    expect(inClone(clone, "said")).toBe("job matrix");
    expect(existsSync(join(clone, "uncommitted"))).toBe(false);
  });

  it("has only the programs of the runner image", () => {
    const { clone, run } = jobRun(
      "      - run: |\n          command -v jq git kubectl\n          command -v node terraform moto_server > found || true\n",
    );
    run();
    expect(inClone(clone, "found")).toBe("");
  });

  it("has the results of earlier steps: the workflows' Node, files of an action, a folder on the PATH", () => {
    const { clone, run } = jobRun(
      [
        "      - uses: actions/setup-node@v0",
        "      - uses: ./.github/actions/greet",
        `      - run: mkdir bin && printf '#!/bin/sh\\necho tool' > bin/tool && chmod +x bin/tool && echo "$PWD/bin" >> "$GITHUB_PATH"`,
        '      - run: echo "$(node --version) $(cat greeting) $(tool)" > said\n',
      ].join("\n"),
    );
    run();
    expect(inClone(clone, "said")).toBe(`v${toolVersions.node.pinned} hello tool`);
  });

  it.each([
    ["a command", "      - run: 'false'\n", /The step failed with status 1: false/],
    ["an unset variable", '      - run: echo "$NOT_SET"\n', /status 1/],
    ["a program that is not in the runner image", "      - run: chromium --version\n", /status 127/],
    ["an unsupported action", "      - uses: some/action@v0\n", /some\/action cannot be run here/],
    [
      "a matrix without a value",
      "      - env:\n          A: ${{ matrix.a }}\n        run: 'true'\n",
      /--matrix a=/,
    ],
    [
      "an expression that only GitHub can evaluate",
      "      - env:\n          A: ${{ github.sha }}\n        run: 'true'\n",
      /github\.sha cannot/,
    ],
  ])("fails with %s", (_, steps, message) => {
    expect(() => jobRun(steps).run()).toThrow(message);
  });
});
