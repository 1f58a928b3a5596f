import type { Calendar } from "../domain/calendar.js";
import { type PageNumber, pagesToOffer } from "../domain/pagination.js";
import { type Html, html } from "./html.js";

/** A time, readable for people and for programs. */
export function moment(calendar: Calendar, date: Date): Html {
  return html`<time datetime="${date.toISOString()}">${calendar.tell(date)}</time>`;
}

/** Links to the other pages of a list. Undefined if there is only one page. */
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
