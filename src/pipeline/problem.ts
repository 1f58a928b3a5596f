import { oneLine } from "../error-text.js";
import { UserError } from "../user-error.js";

export { oneLine, reasonOf } from "../error-text.js";

/** UserError of a pipeline command, on one line. */
export class PipelineProblem extends UserError {
  /**
   * @param summary what happened and why: one sentence with its full stop
   * @param hint what to do next: one sentence with its full stop
   */
  constructor(summary: string, hint: string, options: { cause?: unknown } = {}) {
    super(oneLine(summary), { hint: oneLine(hint), cause: options.cause });
  }
}
