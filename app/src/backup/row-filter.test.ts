import { expect, it } from "vitest";
import { fieldOf, rowsOf, rowsWith } from "./row-filter.js";

const ROWS = "1\t7\tfirst\n2\t77\tlong long long\n3\t7\t\\N\n\t\t\n4\t7\tends here\n";

async function* inPieces(size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(ROWS);
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function textOf(rows: AsyncIterable<Buffer>): Promise<string> {
  let text = "";
  for await (const row of rows) text += row.toString();
  return text;
}

it.each([1, 3, 8, 1000])("finds rows by a field, in pieces of %i bytes", async (size) => {
  expect(await textOf(rowsOf(inPieces(size)))).toBe(ROWS);
  expect(await textOf(rowsWith(inPieces(size), 1, 7))).toBe("1\t7\tfirst\n3\t7\t\\N\n4\t7\tends here\n");
});

it("reads fields with their escapes", () => {
  const row = Buffer.from("1\ta\\tb\\\\n\\nc\tlast\n");
  expect([0, 1, 2, 3].map((index) => fieldOf(row, index))).toEqual(["1", "a\tb\\n\nc", "last", ""]);
});
