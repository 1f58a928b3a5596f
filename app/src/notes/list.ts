import { type PageNumber, pageWithin } from "../domain/pagination.js";
import type { NotePage } from "./repository.js";

/** Finds the requested page of a list, or the last page if the list has fewer pages. */
export async function findPage(
  find: (page: number) => Promise<NotePage>,
  requested: number,
): Promise<{ notes: NotePage; number: PageNumber }> {
  const notes = await find(requested);
  if (notes.total > 0 || requested === 1) return { notes, number: pageWithin(requested, notes.total) };
  // A page beyond the end has no rows, and so no total.
  const { total } = await find(1);
  const number = pageWithin(requested, total);
  return { notes: await find(number.page), number };
}
