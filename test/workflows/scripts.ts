import { type ActionFile, stepsOf, type WorkflowFile } from "./workflow-file.js";

/** Call of `npm run` in a script. */
export interface NpmCall {
  readonly where: string;
  /** Name of the npm script. */
  readonly script: string;
  /** Arguments of the script: subcommand and options. */
  readonly parameters: readonly string[];
}

/** All `npm run` calls of a workflow or an action, except those whose script name is a variable. */
export function npmCalls(file: WorkflowFile | ActionFile): NpmCall[] {
  return stepsOf(file).flatMap(({ where, step: { run = "" } }) =>
    [...run.replaceAll(/\\\n\s*/g, "").matchAll(/npm run (?:--silent )?([\w:]+)(?: -- ([^\n|;&]*))?/g)].map(
      ([, script = "", parameters = ""]) => ({ where, script, parameters: parameters.split(/\s+/) }),
    ),
  );
}
