import type { Calendar } from "../domain/calendar.js";
import type { PageNumber } from "../domain/pagination.js";
import type { Pad } from "../pads/repository.js";
import { type Html, html } from "../views/html.js";
import { moment, pagination } from "../views/lists.js";
import { DEFAULT_ORDER, type Order } from "./order.js";
import type { ListedNote, NotePage } from "./repository.js";

/** State of a page with a list of notes. */
export interface ListState {
  readonly notes: NotePage;
  readonly pads: readonly Pad[];
  readonly order: Order;
  readonly number: PageNumber;
  readonly calendar: Calendar;
}

/** Options of a list of notes. */
export interface ListOptions {
  /** Shows a column with the pads. */
  readonly withPads: boolean;
  /** Text of an empty list. */
  readonly empty: string;
}

/** The table of notes with links to its other pages. */
export function noteList(
  { notes, order, number, calendar }: ListState,
  { withPads, empty }: ListOptions,
): Html {
  if (notes.total === 0) return html`<p class="empty">${empty}</p>`;
  return html`${notesTable(notes.notes, order, calendar, withPads)}
${pagination(number, (page) => listAddress(order, page))}`;
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

/** Link to the pad of a note, or "No pad". */
export function padLink({ padId, padName }: Pick<ListedNote, "padId" | "padName">): Html {
  return padId === null || padName === null
    ? html`<span class="empty">No pad</span>`
    : html`<a href="/pads/${padId}/" dir="auto">${padName}</a>`;
}
