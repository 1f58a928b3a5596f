import { type ListState, noteList } from "../notes/list-view.js";
import { type FieldErrors, form, inputField, submit } from "../views/form-fields.js";
import { html } from "../views/html.js";
import type { Page } from "../views/layout.js";
import type { Pad } from "./repository.js";

export function padPage(state: ListState, pad: Pad): Page {
  return {
    title: `${pad.name} (${state.notes.total})`,
    pads: state.pads,
    here: pad.id,
    content: html`${noteList(state, { withPads: false, empty: "Create your first note in the pad." })}
<div class="toolbar"><a href="/notes/create/?pad=${pad.id}" class="button">New note</a><a href="/pads/${pad.id}/edit/">Pad settings</a></div>`,
  };
}

/** State of the form of a pad. */
export interface PadFormState {
  readonly csrfToken: string;
  readonly pads: readonly Pad[];
  readonly name: string;
  readonly errors?: FieldErrors;
}

export function padFormPage(title: string, state: PadFormState, padId?: number): Page {
  return {
    title,
    pads: state.pads,
    ...(padId === undefined ? {} : { here: padId }),
    content: form(
      state.csrfToken,
      [
        inputField(
          { name: "name", label: "Name", type: "text", value: state.name, autocomplete: "off" },
          state.errors ?? {},
        ),
      ],
      html`${submit("Save")}${padId !== undefined && html`<a href="/pads/${padId}/delete/" class="red delete-note">Delete pad</a>`}`,
    ),
  };
}
