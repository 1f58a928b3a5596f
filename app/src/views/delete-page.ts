import type { Pad } from "../pads/repository.js";
import { form, submit } from "./form-fields.js";
import { html } from "./html.js";
import type { Page } from "./layout.js";

/** State of a page that asks for confirmation before a pad or note is moved to the trash. */
export interface DeleteState {
  readonly name: string;
  readonly question: string;
  /** Address of the link "Cancel". */
  readonly cancel: string;
  readonly csrfToken: string;
  readonly pads: readonly Pad[];
}

export function deletePage({ name, question, cancel, csrfToken, pads }: DeleteState): Page {
  return {
    title: name,
    pads,
    content: html`<p>${question}</p>
${form(csrfToken, [], html`${submit("Yes, delete I want to delete it", "button red")} <a href="${cancel}">Cancel</a>`)}`,
  };
}
