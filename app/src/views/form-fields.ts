import { type Html, html } from "./html.js";

/** Errors by the name of their field. */
export type FieldErrors = Readonly<Record<string, string | undefined>>;

/** A field of one line. */
export interface InputField {
  readonly name: string;
  readonly label: string;
  readonly type: "text" | "email" | "password" | "search";
  readonly value?: string;
  readonly autocomplete: string;
  readonly hint?: string;
  readonly autofocus?: boolean;
}

/** Name of the hidden field with the CSRF token. */
export const CSRF_FIELD = "csrfmiddlewaretoken";

/** The hidden field with the CSRF token, which every posted form needs. */
export function csrfField(token: string): Html {
  return html`<input type="hidden" name="${CSRF_FIELD}" value="${token}">`;
}

function errorList(name: string, error: string | undefined): Html | undefined {
  return error === undefined
    ? undefined
    : html`<ul class="errorlist" id="error_${name}"><li>${error}</li></ul>`;
}

/** Attributes that link a field with its hint and error for screen readers. */
function described(name: string, hint: string | undefined, error: string | undefined): Html | undefined {
  const ids = [hint && `hint_${name}`, error && `error_${name}`].filter(Boolean).join(" ");
  return ids ? html` aria-describedby="${ids}"${error && html` aria-invalid="true"`}` : undefined;
}

/** Label, field, hint and error of one line of input. */
export function inputField(field: InputField, errors: FieldErrors): Html {
  const { name, label, type, value = "", autocomplete, hint, autofocus } = field;
  const error = errors[name];
  return html`<div class="field">
<label for="id_${name}">${label}</label>
<input id="id_${name}" name="${name}" type="${type}" value="${value}" autocomplete="${autocomplete}"${
    type === "text" && html` dir="auto"`
  }${autofocus && html` autofocus`}${described(name, hint, error)}>
${hint && html`<p class="hint" id="hint_${name}">${hint}</p>`}
${errorList(name, error)}
</div>`;
}

/** Label, field and error of a text of many lines. */
export function textField(name: string, label: string, value: string, errors: FieldErrors): Html {
  const error = errors[name];
  // Browsers drop a line break directly after the tag, so one is added.
  return html`<div class="field">
<label for="id_${name}">${label}</label>
<textarea id="id_${name}" name="${name}" rows="12" dir="auto"${described(name, undefined, error)}>
${value}</textarea>
${errorList(name, error)}
</div>`;
}

/** Label, choices and error. */
export function selectField(
  name: string,
  label: string,
  choices: readonly { readonly value: string; readonly text: string }[],
  chosen: string,
  errors: FieldErrors,
): Html {
  const error = errors[name];
  return html`<div class="field">
<label for="id_${name}">${label}</label>
<select id="id_${name}" name="${name}"${described(name, undefined, error)}>
${choices.map(
  ({ value, text }) => html`<option value="${value}"${value === chosen && html` selected`}>${text}</option>`,
)}
</select>
${errorList(name, error)}
</div>`;
}

/** A form that posts to the address of the page it is on. */
export function form(csrfToken: string, fields: readonly Html[], button: Html, className = ""): Html {
  return html`<form method="post" class="${className}">
${csrfField(csrfToken)}
${fields}
<div class="actions">${button}</div>
</form>`;
}

/** The button that sends a form. */
export function submit(text: string, className = "button"): Html {
  return html`<button type="submit" class="${className}">${text}</button>`;
}
