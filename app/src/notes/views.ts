import type { Calendar } from "../domain/calendar.js";
import { type PageNumber, pagesToOffer } from "../domain/pagination.js";
import type { Pad } from "../pads/repository.js";
import { type FieldErrors, form, inputField, selectField, submit, textField } from "../views/form-fields.js";
import { type Html, html } from "../views/html.js";
import type { Page } from "../views/layout.js";
import { DEFAULT_ORDER, type Order } from "./order.js";
import type { ListedNote, Note, NotePage } from "./repository.js";

/** A moment, readable for people and for programs. */
export function moment(calendar: Calendar, date: Date): Html {
  return html`<time datetime="${date.toISOString()}">${calendar.tell(date)}</time>`;
}

/** Links to the other pages of a list; nothing for a single page. */
export function pagination(number: PageNumber, addressOf: (page: number) => string): Html | undefined {
  if (number.pages <= 1) return undefined;
  const { page, pages } = number;
  const items = pagesToOffer(number).map((offered) => {
    if (offered === undefined) return html`<li><span aria-hidden="true">…</span></li>`;
    if (offered === page) return html`<li><a href="${addressOf(page)}" aria-current="page">${page}</a></li>`;
    return html`<li><a href="${addressOf(offered)}" aria-label="Page ${offered}">${offered}</a></li>`;
  });
  return html`<nav class="pagination" aria-label="Pages"><ul>
${page > 1 && html`<li><a href="${addressOf(page - 1)}" rel="prev" aria-label="Previous page">‹</a></li>`}
${items}
${page < pages && html`<li><a href="${addressOf(page + 1)}" rel="next" aria-label="Next page">›</a></li>`}
</ul></nav>`;
}

function listAddress(order: Order, page: number): string {
  const parameters = [order !== DEFAULT_ORDER && `order=${order}`, page > 1 && `page=${page}`].filter(
    Boolean,
  );
  return parameters.length === 0 ? "?" : `?${parameters.join("&")}`;
}

function sortHeading(title: string, field: "name" | "updated_at", order: Order): Html {
  const sorted = order === field ? "ascending" : order === `-${field}` ? "descending" : undefined;
  const arrow = (target: Order, sign: string, word: string): Html =>
    html`<a href="?order=${target}" class="sort_arrow" aria-label="Sort by ${title.toLowerCase()}, ${word}"${
      order === target && html` aria-current="true"`
    }>${sign}</a>`;
  return html`<th scope="col" class="${field === "name" ? "note" : "date"}"${sorted && html` aria-sort="${sorted}"`}>${title} ${arrow(field, "↓", "ascending")}${arrow(`-${field}`, "↑", "descending")}</th>`;
}

/** The table of notes that lists share. */
function notesTable(notes: readonly ListedNote[], order: Order, calendar: Calendar, withPads: boolean): Html {
  const rows = notes.map(
    (note) => html`<tr>
<td class="note"><a href="/notes/${note.id}/" dir="auto">${note.name}</a></td>
${withPads && html`<td class="pad">${padLink(note)}</td>`}
<td class="date">${moment(calendar, note.updatedAt)}</td>
</tr>
`,
  );
  return html`<table class="notes">
<thead><tr>${sortHeading("Note", "name", order)}${withPads && html`<th scope="col" class="pad">Pad</th>`}${sortHeading("Last modified", "updated_at", order)}</tr></thead>
<tbody>
${rows}</tbody>
</table>`;
}

/** The pad of a note, or that it has none. */
export function padLink({ padId, padName }: Pick<ListedNote, "padId" | "padName">): Html {
  return padId === null || padName === null
    ? html`<span class="empty">No pad</span>`
    : html`<a href="/pads/${padId}/" dir="auto">${padName}</a>`;
}

/** The field for words to search. */
export function searchForm(query = ""): Html {
  return html`<search><form action="/search/" class="search">
<label for="id_q" class="visually-hidden">Search notes</label>
<input id="id_q" name="q" type="search" value="${query}" placeholder="Search notes" autocomplete="off" dir="auto">
<button type="submit" class="button quiet">Search</button>
</form></search>`;
}

/** What a list page needs. */
export interface ListState {
  readonly notes: NotePage;
  readonly pads: readonly Pad[];
  readonly order: Order;
  readonly number: PageNumber;
  readonly calendar: Calendar;
}

function listContent({ notes, order, number, calendar }: ListState, withPads: boolean, empty: string): Html {
  if (notes.total === 0) return html`<p class="empty">${empty}</p>`;
  return html`${notesTable(notes.notes, order, calendar, withPads)}
${pagination(number, (page) => listAddress(order, page))}`;
}

export function allNotesPage(state: ListState): Page {
  return {
    title: `All notes (${state.notes.total})`,
    pads: state.pads,
    content: html`${listContent(state, true, "Create your first note.")}
<div class="toolbar"><a href="/notes/create/" class="button">New note</a>${state.notes.total > 0 && searchForm()}</div>`,
  };
}

export function padPage(state: ListState, pad: Pad): Page {
  return {
    title: `${pad.name} (${state.notes.total})`,
    pads: state.pads,
    here: pad.id,
    content: html`${listContent(state, false, "Create your first note in the pad.")}
<div class="toolbar"><a href="/notes/create/?pad=${pad.id}" class="button">New note</a><a href="/pads/${pad.id}/edit/">Pad settings</a></div>`,
  };
}

/** What the form of a note shows. */
export interface NoteFormState {
  readonly csrfToken: string;
  readonly pads: readonly Pad[];
  readonly name: string;
  readonly text: string;
  /** Value of the choice of pad. */
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

/** What the form of a pad shows. */
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

/** The question before something goes to the trash. */
export function deletePage(
  title: string,
  question: string,
  cancel: string,
  csrfToken: string,
  pads: readonly Pad[],
): Page {
  return {
    title,
    pads,
    content: html`<p>${question}</p>
${form(csrfToken, [], html`${submit("Yes, delete I want to delete it", "button red")} <a href="${cancel}">Cancel</a>`)}`,
  };
}
