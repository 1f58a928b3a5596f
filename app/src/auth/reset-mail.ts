import type { Mail } from "../mail/mailer.js";
import { RESET_MINUTES } from "./password-resets-repository.js";

/** The mail with the link to choose a new password. */
export function resetMail(email: string, link: string): Mail {
  return {
    to: email,
    subject: "Notejam password reset",
    text: `Hi, ${email}.

Someone, probably you, asked for a new Notejam password.
Choose it here:

${link}

The link works once, and for ${RESET_MINUTES} minutes. Until it is used your old password stays as it is.
If you did not ask for it, do nothing.
`,
  };
}
