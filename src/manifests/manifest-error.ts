import type { Diagnostic } from "../diagnostic.js";

/** Error in an object: a summary, or a summary and a hint. */
export type Fault = string | readonly [summary: string, hint: string];

/**
 * An error in a manifest.
 *
 * @param check id of the check
 * @param subject object or file, such as `Deployment notejam/notejam`
 */
export function manifestError(check: string, subject: string, fault: Fault): Diagnostic {
  const [summary, hint] = typeof fault === "string" ? [fault] : fault;
  return { severity: "error", check, where: { subject }, summary, hint };
}
