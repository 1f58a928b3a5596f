import * as z from "zod";

/** What a field allows and what to do when a value does not fit: the words of its error message. */
export interface Guidance {
  /** What is allowed, with unit and limits, and why when that is not plain. */
  readonly rule: string;
  /** What to write instead, with an example. */
  readonly remedy: string;
}

const GUIDANCE = new WeakMap<z.core.$ZodType, Guidance>();

/** Gives a schema the words that its error messages use. */
export function field<T extends z.core.$ZodType>(schema: T, rule: string, remedy: string): T {
  GUIDANCE.set(schema, { rule, remedy });
  return schema;
}

/** The words of the innermost described schema on a path; undefined when none on it has any. */
export function guidanceAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): Guidance | undefined {
  let found = GUIDANCE.get(schema);
  let current: z.core.$ZodType | undefined = schema;
  for (const key of path) {
    current = child(unwrap(current), key);
    if (current === undefined) break;
    found = GUIDANCE.get(current) ?? GUIDANCE.get(unwrap(current)) ?? found;
  }
  return found;
}

/** The names of the fields that an object schema on a path allows; empty when there is no object. */
export function fieldsAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let current: z.core.$ZodType | undefined = unwrap(schema);
  for (const key of path) current = current && unwrap(child(current, key) ?? current);
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional ? unwrap(schema.unwrap()) : schema;
}

function child(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[String(key)];
  if (schema instanceof z.ZodArray) return schema.element;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return undefined;
}
