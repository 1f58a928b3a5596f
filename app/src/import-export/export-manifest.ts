import { z } from "zod";
import { MAX_NAME_LENGTH } from "../forms/form.js";
import { MAX_ENTRIES, MAX_PADS } from "./limits.js";

/** Name of the file in an export that lists the text files. */
export const MANIFEST = "notejam.json";

const MAX_ID = 2_147_483_647;
const name = z.string().refine((text) => {
  const length = [...text].length;
  return length >= 1 && length <= MAX_NAME_LENGTH && text.trim() !== "" && !text.includes("\0");
}, "must have 1 to 100 characters");
// With microseconds, as in the database.
const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/, "must be a time in UTC")
  .refine(isExistingTime, "must be an existing date and time");
const id = z.number().int().min(1).max(MAX_ID);

/** Returns true if PostgreSQL accepts the time: no 30 February, and no year 0. */
function isExistingTime(text: string): boolean {
  const date = new Date(text);
  const exists = !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 19) === text.slice(0, 19);
  return exists && !text.startsWith("0000");
}

/** Format of the file `notejam.json` in an export. */
export const manifestSchema = z.object({
  format: z.literal("notejam"),
  version: z.literal(1),
  pads: z.array(z.object({ id, name, deletedAt: instant.nullable() })).max(MAX_PADS),
  notes: z.array(
    z.object({
      file: z.string().min(1),
      name,
      pad: id.nullable(),
      createdAt: instant,
      updatedAt: instant,
      deletedAt: instant.nullable(),
      deletedWithPad: z.boolean(),
    }),
  ),
});

/** Pads and notes of an export. */
export type Manifest = z.output<typeof manifestSchema>;
/** A pad of an export. */
export type ManifestPad = Manifest["pads"][number];
/** A note of an export. Its text is in a separate file. */
export type ManifestNote = Manifest["notes"][number];

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
/** Bytes that open an object or an array. */
const OPENING = new Set([0x7b, 0x5b]);
/** Maximum number of values in a manifest. A note has eight, including the object itself. */
const MAX_VALUES = 8 * (MAX_ENTRIES + MAX_PADS);

/**
 * Returns true if JSON has more values than any manifest. Parsed empty objects take twenty times as much memory as
 * their text, so a small file could end the process.
 */
export function hasTooManyValues(json: Buffer): boolean {
  let values = 0;
  let quoted = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0;
    if (quoted && byte === BACKSLASH) at += 1;
    else if (byte === QUOTE) quoted = !quoted;
    else if (!quoted && (byte === COMMA || OPENING.has(byte))) values += 1;
  }
  return values > MAX_VALUES;
}
