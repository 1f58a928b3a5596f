import type { Diagnostic } from "../diagnostic.js";

/** A check that passed. */
export function passed(check: string, summary: string): Diagnostic {
  return { severity: "ok", check, where: {}, summary };
}

/** A check that failed: the failover would fail, or would not recover any data. */
export function failed(check: string, summary: string, hint: string): Diagnostic {
  return { severity: "error", check, where: {}, summary, hint };
}

/** A check without a result, or with one that an operator has to assess; it does not stop the failover. */
export function uncertain(check: string, summary: string, hint: string): Diagnostic {
  return { severity: "warning", check, where: {}, summary, hint };
}
