import { isEmailAddress, LONGEST_EMAIL } from "../auth/email-address.js";
import type { FieldErrors } from "../views/form-fields.js";

/** Longest name of a pad or note, in Unicode characters. */
export const LONGEST_NAME = 100;
/** Largest text of a note, in bytes of UTF-8. */
export const LARGEST_TEXT = 1_048_576;
/** Shortest password for a new one, in characters. */
export const SHORTEST_PASSWORD = 8;
/** Longest password, in characters: hashing more would cost too much. */
export const LONGEST_PASSWORD = 1024;

const REQUIRED = "This field is required.";
const NUL = "Null characters are not allowed.";
const NO_CHOICE = "Select a valid choice. That choice is not one of the available choices.";

/** Says what is wrong with a value, or nothing. */
export type Problem = string | undefined;

/** How many characters a person sees in it, as PostgreSQL counts: not UTF-16 units. */
function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

function tooLong(text: string, most: number): Problem {
  // No text has more characters than UTF-16 units.
  if (text.length <= most) return undefined;
  const length = lengthOf(text);
  return length > most ? `Ensure this value has at most ${most} characters (it has ${length}).` : undefined;
}

/** Name of a pad or note, trimmed. */
export function nameProblem(name: string): Problem {
  if (name === "") return REQUIRED;
  if (name.includes("\0")) return NUL;
  return tooLong(name, LONGEST_NAME);
}

/** Text of a note. */
export function textProblem(text: string): Problem {
  if (text.trim() === "") return REQUIRED;
  if (text.includes("\0")) return NUL;
  if (text.length * 3 <= LARGEST_TEXT) return undefined;
  const size = Buffer.byteLength(text);
  return size > LARGEST_TEXT
    ? `This note is too long: it has ${(size / 1_048_576).toFixed(2)} MB, and 1 MB is the most. Split it into several notes.`
    : undefined;
}

/** Address, trimmed. */
export function emailProblem(email: string): Problem {
  if (email === "") return REQUIRED;
  return (
    tooLong(email, LONGEST_EMAIL) ?? (isEmailAddress(email) ? undefined : "Enter a valid email address.")
  );
}

/** Password that exists already. */
export function passwordProblem(password: string): Problem {
  if (password === "") return REQUIRED;
  if (password.includes("\0")) return NUL;
  return tooLong(password, LONGEST_PASSWORD);
}

/** Password that is being chosen. */
export function newPasswordProblem(password: string): Problem {
  const problem = passwordProblem(password);
  if (problem !== undefined) return problem;
  const length = lengthOf(password);
  return length < SHORTEST_PASSWORD
    ? `Ensure this value has at least ${SHORTEST_PASSWORD} characters (it has ${length}).`
    : undefined;
}

/** Repetition of a new password. @param differs what to say when it is not the same */
export function repetitionProblem(repetition: string, password: string, differs: string): Problem {
  if (repetition === "") return REQUIRED;
  return password !== "" && repetition !== password ? differs : undefined;
}

/** What to say of a pad that is not one's own. */
export function padProblem(): string {
  return NO_CHOICE;
}

/** Whether no field has an error. */
export function isFlawless(errors: FieldErrors): boolean {
  return Object.values(errors).every((error) => error === undefined);
}
