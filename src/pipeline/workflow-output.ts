import { appendFileSync } from "node:fs";
import { reasonOf } from "../error-text.js";
import { UserError } from "../user-error.js";

/**
 * Writes outputs for the next steps of a job in GitHub Actions. Does nothing elsewhere.
 *
 * @param values one line each
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-output-parameter
 */
export function writeWorkflowOutput(
  values: Readonly<Record<string, string>>,
  { GITHUB_OUTPUT: file }: NodeJS.ProcessEnv,
): void {
  if (file === undefined || file === "") return;
  const lines = Object.entries(values).map(([name, value]) => `${name}=${oneLineValue(name, value)}\n`);
  try {
    appendFileSync(file, lines.join(""));
  } catch (error) {
    throw new UserError(`The outputs cannot be written to GITHUB_OUTPUT (${file}): ${reasonOf(error)}.`, {
      hint: "By hand, unset GITHUB_OUTPUT.",
    });
  }
}

/** Returns the value. @throws Error for a line break, which would start another output */
function oneLineValue(name: string, value: string): string {
  if (/[\r\n]/.test(value)) throw new Error(`the output ${name} has a line break`);
  return value;
}
