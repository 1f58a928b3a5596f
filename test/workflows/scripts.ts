import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ActionFile, stepsOf, type WorkflowFile } from "./workflow-file.js";

/** A script, as shellcheck is to read it. */
interface Script {
  readonly where: string;
  readonly text: string;
}

/** A call of `npm run` in a script. */
export interface NpmCall {
  readonly where: string;
  /** Name of the package's script. */
  readonly script: string;
  /** What the script is given: subcommand and options. */
  readonly parameters: readonly string[];
}

/** The scripts of a workflow or an action; what a shell reads in a file of its own has its first line. */
export function scriptsOf(file: WorkflowFile | ActionFile): Script[] {
  return stepsOf(file).flatMap(({ where, step }) =>
    step.run === undefined ? [] : [{ where, text: `#!/usr/bin/env bash\nset -euo pipefail\n${step.run}` }],
  );
}

/** The script that proves a fresh clone. */
export function ownScript(path: string): Script {
  return { where: path, text: readFileSync(path, "utf8") };
}

/** Whether shellcheck can be asked. */
export function hasShellcheck(): boolean {
  return spawnSync("shellcheck", ["--version"]).status === 0;
}

/** What shellcheck finds in scripts, one line each. */
export function shellFindings(scripts: readonly Script[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "notejam-scripts-"));
  try {
    const names = scripts.map(({ text }, index) => {
      writeFileSync(join(folder, `${index}`), text);
      return `${index}`;
    });
    // Not SC2153: variables of the job look like misspelled ones of the script.
    const parameters = ["--format=gcc", "--exclude=SC2153", ...names];
    const { stdout } = spawnSync("shellcheck", parameters, { cwd: folder, encoding: "utf8" });
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => line.replace(/^\d+/, (index) => scripts[Number(index)]?.where ?? index));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Every `npm run` of a workflow or an action. A name that a variable holds is not followed. */
export function npmCalls(file: WorkflowFile | ActionFile): NpmCall[] {
  return scriptsOf(file).flatMap(({ where, text }) =>
    [...text.replaceAll(/\\\n\s*/g, "").matchAll(/npm run (?:--silent )?([\w:]+)(?: -- ([^\n|;&]*))?/g)].map(
      ([, script = "", parameters = ""]) => ({ where, script, parameters: parameters.split(/\s+/) }),
    ),
  );
}
