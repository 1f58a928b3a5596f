/** Entries on one page of a list. */
export const PAGE_SIZE = 50;

/** Page number and number of pages. Both start at 1. */
export interface PageNumber {
  readonly page: number;
  readonly pages: number;
}

/** Reads `?page=`. Anything but a positive number is the first page. */
export function pageFrom(value: unknown): number {
  return typeof value === "string" && /^[1-9]\d{0,6}$/.test(value) ? Number(value) : 1;
}

/** Page to show for a number of entries: the last page if the requested page does not exist. */
export function pageWithin(asked: number, entries: number, size: number = PAGE_SIZE): PageNumber {
  const pages = Math.max(1, Math.ceil(entries / size));
  return { page: Math.min(asked, pages), pages };
}

/** Page numbers to link: first, last, and those near the current page; undefined for a gap. */
export function pagesToOffer({ page, pages }: PageNumber): (number | undefined)[] {
  const near = new Set([1, 2, page - 1, page, page + 1, pages - 1, pages]);
  const wanted = [...near].filter((number) => number >= 1 && number <= pages).sort((a, b) => a - b);
  const offered: (number | undefined)[] = [];
  for (const number of wanted) {
    const last = offered.at(-1) ?? 0;
    if (number === last + 2) offered.push(number - 1);
    else if (number > last + 2) offered.push(undefined);
    offered.push(number);
  }
  return offered;
}
