import { z } from "zod";
import { atLeast, atMost, noNullCharacters, REQUIRED, withRepetition } from "../forms/form.js";
import { isEmailAddress, MAX_EMAIL_LENGTH } from "./email-address.js";

/** Minimum length of a new password, in characters. */
const MIN_PASSWORD_LENGTH = 8;
/** Maximum length of a password, in characters. Hashing a longer one would cost too much. */
const MAX_PASSWORD_LENGTH = 1024;

const email = z
  .string()
  .trim()
  .min(1, REQUIRED)
  .check(atMost(MAX_EMAIL_LENGTH))
  .refine(isEmailAddress, "Enter a valid email address.");
const password = z.string().min(1, REQUIRED).check(noNullCharacters, atMost(MAX_PASSWORD_LENGTH));
const newPassword = password.check(atLeast(MIN_PASSWORD_LENGTH));
const repetition = z.string().min(1, REQUIRED);

const PASSWORDS_DIFFER = "The two password fields didn't match.";

export const signInForm = z.object({ email, password });

export const signUpForm = withRepetition(
  z.object({ email, password: newPassword, repeat_password: repetition }),
  ["password", "repeat_password"],
  "Your passwords do not match",
);

export const forgotPasswordForm = z.object({ email });

export const resetPasswordForm = withRepetition(
  z.object({ new_password1: newPassword, new_password2: repetition }),
  ["new_password1", "new_password2"],
  PASSWORDS_DIFFER,
);

export const accountForm = withRepetition(
  z.object({ old_password: password, new_password1: newPassword, new_password2: repetition }),
  ["new_password1", "new_password2"],
  PASSWORDS_DIFFER,
);
