import type * as z from "zod";
import { type Diagnostic, hasFailed } from "../diagnostic.js";
import { type Environment, environmentSchema } from "./environment.js";
import { fieldErrors } from "./field-error.js";
import { type Organization, organizationSchema } from "./organization.js";
import { checkFields } from "./rules/environment-rules.js";
import { checkRegion } from "./rules/region-rules.js";
import type { RuleOptions } from "./rules/rule.js";
import { fieldHelp, fieldsAt } from "./schema/field.js";
import { closest } from "./spelling.js";

/** A complete, valid value with its warnings, or the errors in the input. */
export type Validated<T> =
  | { readonly value: T; readonly warnings: readonly Diagnostic[] }
  | { readonly diagnostics: readonly Diagnostic[] };

const schemaError = fieldErrors("schema");

const partialEnvironment = environmentSchema.partial();
const partialOrganization = organizationSchema.partial();

/**
 * Validates an environment and adds the defaults. Returns all errors: an invalid field does not hide errors in others.
 *
 * @param input default export of an environment file
 * @param today day on which versions must be supported
 */
export function validateEnvironment(
  input: unknown,
  today: Date,
  options: RuleOptions = {},
): Validated<Environment> {
  return validate(input, "defineEnvironment", environmentSchema, partialEnvironment, (valid) =>
    checkFields(valid, today, options),
  );
}

/** Validates the default export of `organization.ts`. Returns all errors. */
export function validateOrganization(input: unknown): Validated<Organization> {
  return validate(input, "defineOrganization", organizationSchema, partialOrganization, ({ bootstrap }) =>
    checkRegion("bootstrap.region", bootstrap?.region),
  );
}

/** @param checkRules rules between fields; called with the fields that are valid by themselves */
function validate<T extends object>(
  input: unknown,
  define: string,
  schema: z.ZodType<T>,
  partialSchema: z.ZodType<Partial<T>>,
  checkRules: (valid: Partial<T>) => Iterable<Diagnostic>,
): Validated<T> {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return {
      diagnostics: [
        schemaError("default export", input, "an object", `write: export default ${define}({ … });`),
      ],
    };
  }
  const parsed = schema.safeParse(input);
  const errors = parsed.success ? [] : schemaErrors(parsed.error, schema, input);
  const valid = parsed.success ? parsed.data : validFields(input, parsed.error, partialSchema);
  const found = [...checkRules(valid)];
  const diagnostics = [...errors, ...found.filter(hasFailed)];
  if (!parsed.success || diagnostics.length > 0) return { diagnostics };
  return { value: parsed.data, warnings: found };
}

/** Returns the top-level fields without an error, defaults included. */
function validFields<T extends object>(
  input: object,
  error: z.core.$ZodError,
  partialSchema: z.ZodType<Partial<T>>,
): Partial<T> {
  const invalid = new Set<PropertyKey>(
    error.issues.flatMap(({ path: [field], ...issue }) =>
      field !== undefined ? [field] : issue.code === "unrecognized_keys" ? issue.keys : [],
    ),
  );
  const rest = Object.fromEntries(Object.entries(input).filter(([field]) => !invalid.has(field)));
  const valid = partialSchema.parse(rest);
  // The parser fills in the default of a field that was left out because it is invalid.
  for (const field of invalid) Reflect.deleteProperty(valid, field);
  return valid;
}

function schemaErrors(error: z.core.$ZodError, schema: z.core.$ZodType, input: object): Diagnostic[] {
  const errors = error.issues.flatMap((issue) => issueErrors(issue, schema, input));
  // A value can violate several constraints of a field, all of which have the same message.
  return [...new Map(errors.map((each) => [`${each.where.subject} ${each.allowed}`, each])).values()];
}

function issueErrors(issue: z.core.$ZodIssue, schema: z.core.$ZodType, input: object): Diagnostic[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownField([...issue.path, key], fieldsAt(schema, issue.path), input));
  }
  // The texts for the keys of a record are those of the record.
  const help = fieldHelp(schema, issue.code === "invalid_key" ? issue.path.slice(0, -1) : issue.path);
  const { allowed = issue.message, hint = "write an allowed value" } = help ?? {};
  return [schemaError(pathText(issue.path), valueAt(input, issue.path), allowed, hint)];
}

function unknownField(path: readonly PropertyKey[], known: readonly string[], input: object): Diagnostic {
  const similar = closest(String(path.at(-1)), known);
  return {
    ...schemaError(pathText(path), valueAt(input, path), known.join(", "), "remove it"),
    summary: "is not a known field",
    ...(similar !== undefined && { allowed: undefined, hint: `did you mean "${similar}"?` }),
  };
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    value = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  }
  return value;
}
