import { appendFileSync } from "node:fs";
import { PipelineProblem, reasonOf } from "./problem.js";

/**
 * Hands values to the steps that follow, when this runs in GitHub Actions; does nothing anywhere else.
 *
 * @param values each in one line
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-output-parameter
 */
export function writeWorkflowOutput(
  values: Readonly<Record<string, string>>,
  { GITHUB_OUTPUT: file }: NodeJS.ProcessEnv,
): void {
  if (file === undefined || file === "") return;
  const lines = Object.entries(values).map(([name, value]) => `${name}=${refuseLineBreaks(name, value)}\n`);
  try {
    appendFileSync(file, lines.join(""));
  } catch (error) {
    throw new PipelineProblem(
      `The outputs cannot be written to GITHUB_OUTPUT (${file}): ${reasonOf(error)}.`,
      "Unset GITHUB_OUTPUT when you run this by hand.",
    );
  }
}

/** A line break would start another output. */
function refuseLineBreaks(name: string, value: string): string {
  if (/[\r\n]/.test(value)) throw new Error(`the output ${name} has a line break`);
  return value;
}
