import type { Diagnostic } from "../../diagnostic.js";
import type { Environment } from "../environment.js";

/** Errors of a rule between fields. */
export type Errors = Generator<Diagnostic, void, undefined>;

/** Fields of an environment that are valid by themselves; a rule skips its check if one that it needs is missing. */
export type ValidFields = Partial<Environment>;
