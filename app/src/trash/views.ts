import type { Calendar } from "../domain/calendar.js";
import type { PageNumber } from "../domain/pagination.js";
import type { Pad } from "../pads/repository.js";
import { csrfField } from "../views/form-fields.js";
import { type Html, html } from "../views/html.js";
import type { Page } from "../views/layout.js";
import { moment, pagination } from "../views/lists.js";
import type { Trashed, TrashPage } from "./repository.js";

/** State of the page of the trash. */
export interface TrashState {
  readonly csrfToken: string;
  readonly trash: TrashPage;
  readonly pads: readonly Pad[];
  readonly number: PageNumber;
  readonly calendar: Calendar;
}

function kindOf({ kind, notes }: Trashed): string {
  if (kind === "note") return "Note";
  return notes === 1 ? "Pad with 1 note" : `Pad with ${notes} notes`;
}

function row(entry: Trashed, { csrfToken, calendar }: TrashState): Html {
  const label = `name_${entry.kind}_${entry.id}`;
  return html`<tr>
<td class="note" id="${label}" dir="auto">${entry.name}</td>
<td class="pad">${kindOf(entry)}</td>
<td class="date">${moment(calendar, entry.deletedAt)}</td>
<td class="restore"><form method="post" action="/trash/${entry.kind}s/${entry.id}/restore/">${csrfField(csrfToken)}<button type="submit" class="button quiet" id="restore_${label}" aria-labelledby="restore_${label} ${label}">Restore</button></form></td>
</tr>
`;
}

export function trashPage(state: TrashState): Page {
  const { entries, total } = state.trash;
  const table = html`<table class="notes trash">
<thead><tr><th scope="col" class="note">Name</th><th scope="col" class="pad">What</th><th scope="col" class="date">Deleted</th><th scope="col"><span class="visually-hidden">Restore</span></th></tr></thead>
<tbody>
${entries.map((entry) => row(entry, state))}</tbody>
</table>
${pagination(state.number, (page) => `?page=${page}`)}`;
  return {
    title: `Trash (${total})`,
    pads: state.pads,
    here: "trash",
    content: html`<p class="hidden-text">Deleted notes and pads stay here for three years. Until then you can take them back.</p>
${total === 0 ? html`<p class="empty">The trash is empty.</p>` : table}`,
  };
}
