import { expect, it } from "vitest";
import { pagesToOffer, pageWithin } from "./pagination.js";

it.each([
  [1, 0, { page: 1, pages: 1 }],
  [1, 50, { page: 1, pages: 1 }],
  [2, 51, { page: 2, pages: 2 }],
  [9, 120, { page: 3, pages: 3 }],
])("shows page %i of %i entries as %j", (asked, entries, shown) => {
  expect(pageWithin(asked, entries)).toEqual(shown);
});

it.each([
  [1, 4, "1 2 3 4"],
  [1, 20, "1 2 … 19 20"],
  [4, 20, "1 2 3 4 5 … 19 20"],
  [10, 20, "1 2 … 9 10 11 … 19 20"],
  [20, 20, "1 2 … 19 20"],
])("offers from page %i of %i the pages %s", (page, pages, offered) => {
  const text = pagesToOffer({ page, pages }).map((number) => number ?? "…");
  expect(text.join(" ")).toBe(offered);
});
