import { type ActionFile, stepsOf, type WorkflowFile } from "./workflow-file.js";

/** A call of `npm run` in a script. */
export interface NpmCall {
  readonly where: string;
  /** Name of the package's script. */
  readonly script: string;
  /** What the script is given: subcommand and options. */
  readonly parameters: readonly string[];
}

/** Every `npm run` of a workflow or an action. A name that a variable holds is not followed. */
export function npmCalls(file: WorkflowFile | ActionFile): NpmCall[] {
  return stepsOf(file).flatMap(({ where, step: { run = "" } }) =>
    [...run.replaceAll(/\\\n\s*/g, "").matchAll(/npm run (?:--silent )?([\w:]+)(?: -- ([^\n|;&]*))?/g)].map(
      ([, script = "", parameters = ""]) => ({ where, script, parameters: parameters.split(/\s+/) }),
    ),
  );
}
