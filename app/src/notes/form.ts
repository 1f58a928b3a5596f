import { z } from "zod";
import { idFrom } from "../domain/ids.js";
import { MAX_TEXT_BYTES, nameField, noNullCharacters, REQUIRED } from "../forms/form.js";

/** Error of a pad that does not exist or belongs to another user. */
export const NO_SUCH_PAD = "Select a valid choice. That choice is not one of the available choices.";

/** The form of a note. */
export const noteForm = z.object({
  name: nameField,
  text: z
    .string()
    // Browsers send line breaks as two characters.
    .overwrite((text) => text.replaceAll("\r\n", "\n"))
    .refine((text) => text.trim() !== "", REQUIRED)
    .check(noNullCharacters)
    .refine((text) => Buffer.byteLength(text) <= MAX_TEXT_BYTES, {
      error: ({ input }) =>
        `This note is too long: it has ${(Buffer.byteLength(String(input)) / MAX_TEXT_BYTES).toFixed(2)} MB, and 1 MB is the most. Split it into several notes.`,
    }),
  pad: z
    .string()
    .trim()
    .refine((pad) => pad === "" || idFrom(pad) !== undefined, NO_SUCH_PAD)
    .transform((pad) => idFrom(pad) ?? null),
});
