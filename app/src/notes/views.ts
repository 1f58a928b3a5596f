import type { Calendar } from "../domain/calendar.js";
import type { Pad } from "../pads/repository.js";
import { searchForm } from "../search/views.js";
import { type FieldErrors, form, inputField, selectField, submit, textField } from "../views/form-fields.js";
import { html } from "../views/html.js";
import type { Page } from "../views/layout.js";
import { moment } from "../views/lists.js";
import { type ListState, noteList } from "./list-view.js";
import type { Note } from "./repository.js";

export function allNotesPage(state: ListState): Page {
  return {
    title: `All notes (${state.notes.total})`,
    pads: state.pads,
    content: html`${noteList(state, { withPads: true, empty: "Create your first note." })}
<div class="toolbar"><a href="/notes/create/" class="button">New note</a>${state.notes.total > 0 && searchForm()}</div>`,
  };
}

/** State of the form of a note. */
export interface NoteFormState {
  readonly csrfToken: string;
  readonly pads: readonly Pad[];
  readonly name: string;
  readonly text: string;
  /** Id of the selected pad, or an empty string. */
  readonly pad: string;
  readonly errors?: FieldErrors;
}

export function noteFormPage(title: string, state: NoteFormState): Page {
  const errors = state.errors ?? {};
  const choices = [
    { value: "", text: "---------" },
    ...state.pads.map(({ id, name }) => ({ value: String(id), text: name })),
  ];
  return {
    title,
    pads: state.pads,
    content: form(
      state.csrfToken,
      [
        inputField(
          { name: "name", label: "Name", type: "text", value: state.name, autocomplete: "off" },
          errors,
        ),
        textField("text", "Note", state.text, errors),
        selectField("pad", "Select Pad", choices, state.pad, errors),
      ],
      submit("Save"),
      "note-form",
    ),
  };
}

export function notePage(note: Note, pads: readonly Pad[], calendar: Calendar): Page {
  const pad = pads.find(({ id }) => id === note.padId);
  return {
    title: note.name,
    pads,
    ...(pad ? { here: pad.id } : {}),
    content: html`<p class="hidden-text">Last edited ${moment(calendar, note.updatedAt)}${pad && html` in <a href="/pads/${pad.id}/" dir="auto">${pad.name}</a>`}</p>
<div class="note-text" dir="auto">${note.text}</div>
<div class="toolbar"><a href="/notes/${note.id}/edit/" class="button">Edit</a><a href="/notes/${note.id}/delete/" class="delete-note">Delete it</a></div>`,
  };
}
