import type * as z from "zod";
import { withDefaults } from "./defaults.js";
import { type Environment, environmentSchema } from "./environment.js";
import { findingsBetweenFields } from "./environment-rules.js";
import { fieldsAt, guidanceAt } from "./guidance.js";
import { type Organization, organizationFindings, organizationSchema } from "./organization.js";
import type { Finding } from "./problem.js";
import { closest } from "./spelling.js";

/** Either a complete, valid value, or what is wrong with what was given. */
export type Checked<T> = { readonly value: T } | { readonly findings: readonly Finding[] };

/**
 * Completes an environment with the defaults and checks it. All findings at once: a wrong field does not hide
 * what is wrong with the others.
 *
 * @param input what an environment file exports
 * @param today the day on which versions must be in support
 */
export function checkEnvironment(input: unknown, today: Date): Checked<Environment> {
  if (!isObject(input)) return { findings: [notAnObject(input, "defineEnvironment({ … })")] };
  const complete = withDefaults(input);
  const parsed = environmentSchema.safeParse(complete);
  const findings = parsed.success ? [] : findingsOf(parsed.error, environmentSchema, complete);
  const valid = parsed.success
    ? parsed.data
    : environmentSchema.partial().safeParse(validFields(complete, parsed.error)).data;
  const all = [...findings, ...findingsBetweenFields(valid ?? {}, today)];
  return parsed.success && all.length === 0 ? { value: parsed.data } : { findings: all };
}

/** Checks what `organization.ts` exports; all findings at once. */
export function checkOrganization(input: unknown): Checked<Organization> {
  if (!isObject(input)) return { findings: [notAnObject(input, "defineOrganization({ … })")] };
  const parsed = organizationSchema.safeParse(input);
  const findings = parsed.success ? [] : findingsOf(parsed.error, organizationSchema, input);
  const valid = parsed.success
    ? parsed.data
    : organizationSchema.partial().safeParse(validFields(input, parsed.error)).data;
  const all = [...findings, ...organizationFindings(valid ?? {})];
  return parsed.success && all.length === 0 ? { value: parsed.data } : { findings: all };
}

function isObject(input: unknown): input is object {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}

function notAnObject(input: unknown, wanted: string): Finding {
  return {
    field: "default export",
    value: input,
    rule: "an object",
    remedy: `write: export default ${wanted};`,
  };
}

/** The fields that are valid by themselves, for the rules between fields. */
function validFields(input: object, error: z.core.$ZodError): Record<string, unknown> {
  const wrong = new Set<PropertyKey>();
  for (const issue of error.issues) {
    const [field] = issue.path;
    if (field !== undefined) wrong.add(field);
    else if (issue.code === "unrecognized_keys") for (const key of issue.keys) wrong.add(key);
  }
  return Object.fromEntries(Object.entries(input).filter(([field]) => !wrong.has(field)));
}

function findingsOf(error: z.core.$ZodError, schema: z.core.$ZodType, input: unknown): Finding[] {
  const findings = error.issues.flatMap((issue) => findingsOfIssue(issue, schema, input));
  // A value may break two checks of one field, whose words are the same.
  const seen = new Set<string>();
  return findings.filter(({ field, rule }) => {
    const key = `${field} ${rule}`;
    return seen.has(key) ? false : seen.add(key);
  });
}

function findingsOfIssue(issue: z.core.$ZodIssue, schema: z.core.$ZodType, input: unknown): Finding[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => unknownField(issue.path, key, schema, input));
  // What a record allows as a key is said by the record, not by its values.
  const guidance = guidanceAt(schema, issue.code === "invalid_key" ? issue.path.slice(0, -1) : issue.path);
  return [
    {
      field: pathText(issue.path),
      value: valueAt(input, issue.path),
      rule: guidance?.rule ?? issue.message,
      remedy: guidance?.remedy ?? "write a value that fits the rule",
    },
  ];
}

function unknownField(
  path: readonly PropertyKey[],
  key: string,
  schema: z.core.$ZodType,
  input: unknown,
): Finding {
  const known = fieldsAt(schema, path);
  const meant = closest(key, known);
  return {
    field: pathText([...path, key]),
    value: valueAt(input, [...path, key]),
    rule: meant === undefined ? `one of the known fields: ${known.join(", ")}` : "a known field",
    remedy: meant === undefined ? "remove it" : `did you mean "${meant}"?`,
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
