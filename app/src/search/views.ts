import type { Calendar } from "../domain/calendar.js";
import type { PageNumber } from "../domain/pagination.js";
import { padLink } from "../notes/list-view.js";
import type { Pad } from "../pads/repository.js";
import { type Html, html } from "../views/html.js";
import type { Page } from "../views/layout.js";
import { moment, pagination } from "../views/lists.js";
import type { FoundNote, FoundPage } from "./repository.js";

/** The search field. */
export function searchForm(query = ""): Html {
  return html`<search><form action="/search/" class="search">
<label for="id_q" class="visually-hidden">Search notes</label>
<input id="id_q" name="q" type="search" value="${query}" placeholder="Search notes" autocomplete="off" dir="auto">
<button type="submit" class="button quiet">Search</button>
</form></search>`;
}

/** State of the page of results. */
export interface SearchState {
  readonly query: string;
  readonly words: readonly string[];
  readonly found: FoundPage;
  readonly pads: readonly Pad[];
  readonly number: PageNumber;
  readonly calendar: Calendar;
}

// A word consists of letters, digits and combining marks.
const WORD = /[\p{L}\p{N}\p{M}]+/gu;

/** Marks all words of a text that start with a searched word. */
function marked(text: string, words: readonly string[]): Html {
  const parts: Html[] = [];
  let end = 0;
  for (const match of text.matchAll(WORD)) {
    const lower = match[0].toLowerCase();
    if (!words.some((word) => lower.startsWith(word))) continue;
    parts.push(html`${text.slice(end, match.index)}<mark>${match[0]}</mark>`);
    end = match.index + match[0].length;
  }
  return html`${parts}${text.slice(end)}`;
}

function result(note: FoundNote, { words, calendar }: SearchState): Html {
  return html`<li>
<h2><a href="/notes/${note.id}/" dir="auto">${marked(note.name, words)}</a></h2>
<p class="excerpt" dir="auto">${note.cutBefore && "… "}${marked(note.excerpt, words)}${note.cutAfter && " …"}</p>
<p class="hidden-text">${padLink(note)}, ${moment(calendar, note.updatedAt)}</p>
</li>`;
}

function results(state: SearchState): Html | undefined {
  const { words, query, found, number } = state;
  if (query === "") return undefined;
  if (words.length === 0) return html`<p class="empty">Type a word to search for.</p>`;
  if (found.total === 0) return html`<p class="empty">No note has these words.</p>`;
  return html`<ol class="results">${found.notes.map((note) => result(note, state))}</ol>
${pagination(number, (page) => `?q=${encodeURIComponent(query)}&page=${page}`)}`;
}

export function searchPage(state: SearchState): Page {
  return {
    title: state.words.length > 0 ? `Search (${state.found.total})` : "Search",
    pads: state.pads,
    here: "search",
    content: html`${searchForm(state.query)}
${results(state)}`,
  };
}
