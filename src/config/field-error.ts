import type { Diagnostic } from "../diagnostic.js";

/** Longest value that a message shows, in characters. */
const MAX_VALUE_LENGTH = 80;

/** Creates the error of a field in a configuration file; the loader adds the file. */
export type FieldError = (field: string, value: unknown, allowed: string, hint: string) => Diagnostic;

/** Returns a function that creates errors of one check. @param check id of the check */
export function fieldErrors(check: string): FieldError {
  return (field, value, allowed, hint) => ({
    severity: "error",
    check,
    where: { subject: field },
    summary: value === undefined ? "is missing" : `${valueText(value)} is not allowed`,
    allowed,
    hint,
  });
}

function valueText(value: unknown): string {
  const text = typeof value === "object" || typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length <= MAX_VALUE_LENGTH ? text : `${text.slice(0, MAX_VALUE_LENGTH - 1)}…`;
}
