import { z } from "zod";
import { LONGEST_NAME } from "../forms/rules.js";

/** Name of the file in an export that says what the text files are. */
export const MANIFEST = "notejam.json";

const LATEST_ID = 2_147_483_647;
const name = z.string().refine((text) => {
  const length = [...text].length;
  return length >= 1 && length <= LONGEST_NAME && text.trim() !== "" && !text.includes("\0");
}, "must have 1 to 100 characters");
// With microseconds, as the database has them.
const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/, "must be a time in UTC");
const id = z.number().int().min(1).max(LATEST_ID);

/** What an export says about itself. */
export const manifestSchema = z.object({
  format: z.literal("notejam"),
  version: z.literal(1),
  pads: z.array(z.object({ id, name, deletedAt: instant.nullable() })),
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
/** A note of an export; its text is in the file it names. */
export type ManifestNote = Manifest["notes"][number];
