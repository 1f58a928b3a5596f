import { z } from "zod";
import type { FieldErrors } from "../views/form-fields.js";
import { fieldOf } from "./fields.js";

/** Maximum length of the name of a pad or note, in Unicode characters. */
export const MAX_NAME_LENGTH = 100;
/** Maximum size of the text of a note, in bytes of UTF-8. */
export const MAX_TEXT_BYTES = 1_048_576;

/** Error of an empty field. */
export const REQUIRED = "This field is required.";
const NO_NULL_CHARACTERS = "Null characters are not allowed.";

/** A posted form that is valid, or its errors. */
export type FormResult<Schema extends z.ZodObject> = {
  /** Every field as it was typed. */
  readonly typed: Readonly<Record<keyof Schema["shape"] & string, string>>;
} & (
  | { readonly values: z.output<Schema>; readonly errors?: never }
  | { readonly values?: never; readonly errors: FieldErrors }
);

/** Validates a posted form: every field has one error at most. */
export function readForm<Schema extends z.ZodObject>(schema: Schema, body: unknown): FormResult<Schema> {
  const names = Object.keys(schema.shape) as (keyof Schema["shape"] & string)[];
  const typed = Object.fromEntries(
    names.map((name) => [name, fieldOf(body, name)]),
  ) as FormResult<Schema>["typed"];
  const result = schema.safeParse(typed);
  if (result.success) return { typed, values: result.data };
  const errors: Record<string, string> = {};
  for (const { path, message } of result.error.issues) errors[String(path[0])] ??= message;
  return { typed, errors };
}

/** Counts Unicode characters, as PostgreSQL does, not UTF-16 units. */
function lengthOf(text: unknown): number {
  let length = 0;
  for (const _ of String(text)) length += 1;
  return length;
}

/** Limits the length of a text, in Unicode characters. */
export function atMost(characters: number) {
  return z.refine<string>((text) => text.length <= characters || lengthOf(text) <= characters, {
    error: ({ input }) =>
      `Ensure this value has at most ${characters} characters (it has ${lengthOf(input)}).`,
  });
}

/** Requires a minimum length, in Unicode characters. */
export function atLeast(characters: number) {
  return z.refine<string>((text) => lengthOf(text) >= characters, {
    error: ({ input }) =>
      `Ensure this value has at least ${characters} characters (it has ${lengthOf(input)}).`,
  });
}

/** Rejects null characters, which PostgreSQL cannot store. */
export const noNullCharacters = z.refine<string>((text) => !text.includes("\0"), {
  error: NO_NULL_CHARACTERS,
});

/** Name of a pad or note. */
export const nameField = z.string().trim().min(1, REQUIRED).check(noNullCharacters, atMost(MAX_NAME_LENGTH));

/** Adds the rule that two fields are equal. An empty field already has an error. */
export function withRepetition<Schema extends z.ZodObject>(
  schema: Schema,
  [field, repetition]: readonly [string, string],
  error: string,
): Schema {
  return schema.refine(
    (values) => values[field] === "" || values[repetition] === "" || values[field] === values[repetition],
    { path: [repetition], error, when: () => true },
  );
}
