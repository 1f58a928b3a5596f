import * as z from "zod";

/** Texts of a field's error message. */
export interface FieldHelp {
  /** Allowed values with unit and limits, and the reason if it is not obvious. */
  readonly allowed: string;
  /** Advice for a wrong value, with an example. */
  readonly hint: string;
}

const HELP = z.registry<FieldHelp>();

/** Registers the texts of a field's error message. */
export function field<T extends z.ZodType>(schema: T, allowed: string, hint: string): T {
  HELP.add(schema, { allowed, hint });
  return schema;
}

/** True or false. */
export function flag() {
  return field(z.boolean(), "true or false", "write true or false");
}

/** Whole number from `min` to `max`. @param what unit, and the reason for the limits if it is not obvious */
export function wholeNumber(
  min: number,
  max: number,
  what: string,
  hint = `write a number from ${min} to ${max}`,
) {
  return field(z.int().min(min).max(max), `a whole number from ${min} to ${max}: ${what}`, hint);
}

/** List without duplicates. */
export function uniqueList<T extends z.ZodType>(entry: T) {
  return z.array(entry).refine((values) => new Set(values).size === values.length);
}

/** Object that rejects unknown fields. @param example the value in an example, as TypeScript */
export function object<T extends z.ZodRawShape>(shape: T, example: string, allowed = "an object") {
  const fields = Object.keys(shape).join(", ");
  return field(z.strictObject(shape), `${allowed} { ${fields} }`, `write it like ${example}`);
}

/** Returns the texts of the innermost schema on a path that has any. */
export function fieldHelp(schema: z.core.$ZodType, path: readonly PropertyKey[]): FieldHelp | undefined {
  const schemas = [schema];
  for (const key of path) {
    const child = childOf(schemas.at(-1), key);
    if (child === undefined) break;
    schemas.push(child);
  }
  return schemas.map((each) => HELP.get(unwrap(each))).findLast((help) => help !== undefined);
}

/** Returns the names of the fields that an object schema on a path allows; empty if it is no object. */
export function fieldsAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let current: z.core.$ZodType | undefined = schema;
  for (const key of path) current = childOf(current, key);
  const inner = current && unwrap(current);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapper =
    schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return isWrapper ? unwrap(schema.unwrap()) : schema;
}

function childOf(schema: z.core.$ZodType | undefined, key: PropertyKey): z.core.$ZodType | undefined {
  const inner = schema && unwrap(schema);
  if (inner instanceof z.ZodObject) return inner.shape[String(key)];
  if (inner instanceof z.ZodArray) return inner.element;
  if (inner instanceof z.ZodRecord) return inner.valueType;
  return undefined;
}
