import type { Diagnostic, Severity } from "../../diagnostic.js";
import type { Environment } from "../environment.js";

/** Errors and warnings of a rule between fields. */
export type Errors = Generator<Diagnostic, void, undefined>;

/** Fields of an environment that are valid by themselves; a rule skips its check if one that it needs is missing. */
export type ValidFields = Partial<Environment>;

export interface RuleOptions {
  /**
   * Severity for a Kubernetes version after the end of its standard support.
   *
   * @default "warning": the environment can still be synthesized
   */
  readonly endedSupport?: Extract<Severity, "error" | "warning">;
}
