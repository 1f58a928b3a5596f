import { type FieldErrors, form, inputField, submit } from "../views/form-fields.js";
import { type Html, html } from "../views/html.js";
import type { Page } from "../views/layout.js";

/** State of a form of the account. Passwords are never sent back. */
export interface FormState {
  readonly csrfToken: string;
  readonly email?: string;
  readonly errors?: FieldErrors;
}

const PASSWORD_HINT = "At least 8 characters.";

const emailField = (state: FormState, autocomplete: string): Html =>
  inputField(
    { name: "email", label: "Email", type: "email", value: state.email ?? "", autocomplete },
    state.errors ?? {},
  );

function passwordField(
  name: string,
  label: string,
  autocomplete: string,
  errors: FieldErrors,
  hint?: string,
): Html {
  return inputField({ name, label, type: "password", autocomplete, ...(hint ? { hint } : {}) }, errors);
}

export function signUpPage(state: FormState): Page {
  const errors = state.errors ?? {};
  return {
    title: "Sign Up",
    content: form(
      state.csrfToken,
      [
        emailField(state, "username"),
        passwordField("password", "Password", "new-password", errors, PASSWORD_HINT),
        passwordField("repeat_password", "Confirm password", "new-password", errors),
      ],
      html`${submit("Sign up")} or <a href="/signin/">Sign in</a>`,
      "offset-by-six account",
    ),
  };
}

export function signInPage(state: FormState): Page {
  return {
    title: "Sign In",
    content: form(
      state.csrfToken,
      [
        emailField(state, "username"),
        passwordField("password", "Password", "current-password", state.errors ?? {}),
      ],
      html`${submit("Sign in")} or <a href="/signup/">Sign up</a>
<hr>
<p><a href="/forgot-password/" class="small-red">Forgot password?</a></p>`,
      "offset-by-six account",
    ),
  };
}

export function forgotPasswordPage(state: FormState): Page {
  return {
    title: "Forgot password?",
    content: form(
      state.csrfToken,
      [emailField(state, "username")],
      submit("Generate password"),
      "offset-by-six account",
    ),
  };
}

export function resetPasswordPage(state: FormState): Page {
  const errors = state.errors ?? {};
  return {
    title: "Choose a new password",
    content: form(
      state.csrfToken,
      [
        passwordField("new_password1", "New password", "new-password", errors, PASSWORD_HINT),
        passwordField("new_password2", "Confirm new password", "new-password", errors),
      ],
      submit("Save"),
      "offset-by-six account",
    ),
  };
}

export function expiredLinkPage(): Page {
  return {
    title: "Choose a new password",
    content: html`<p>This link has been used already, or is too old. <a href="/forgot-password/">Ask for a new one</a>.</p>`,
  };
}

export function accountPage(state: FormState): Page {
  const errors = state.errors ?? {};
  return {
    title: "Account Settings",
    content: html`<div class="offset-by-six account">${form(
      state.csrfToken,
      [
        passwordField("old_password", "Old password", "current-password", errors),
        passwordField("new_password1", "New password", "new-password", errors, PASSWORD_HINT),
        passwordField("new_password2", "Confirm new password", "new-password", errors),
      ],
      submit("Save"),
    )}
<section class="aside" aria-labelledby="your-notes">
<h2 id="your-notes">Your notes</h2>
<p>They are yours: <a href="/export/">export them all</a> as text files, <a href="/import/">import</a> such an export, or look into the <a href="/trash/">trash</a>.</p>
</section></div>`,
  };
}
