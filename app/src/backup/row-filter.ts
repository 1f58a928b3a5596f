const TAB = 9;
const NEWLINE = 10;

/** Yields complete rows of COPY's text format, each with its newline. */
export async function* rowsOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  for await (const piece of pieces) {
    let from = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, from)) {
      const last = piece.subarray(from, end + 1);
      yield begun.length === 0 ? last : Buffer.concat([...begun, last]);
      begun = [];
      from = end + 1;
    }
    if (from < piece.length) begun.push(piece.subarray(from));
  }
}

/** Returns a field of a row with its escapes. */
function rawFieldOf(row: Buffer, index: number): Buffer {
  let from = 0;
  for (let field = 0; field < index; field += 1) {
    const tab = row.indexOf(TAB, from);
    if (tab < 0) return row.subarray(0, 0);
    from = tab + 1;
  }
  const end = row.indexOf(TAB, from);
  return row.subarray(from, end < 0 ? row.length - 1 : end);
}

const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/** Returns the value of a field. */
export function fieldOf(row: Buffer, index: number): string {
  return rawFieldOf(row, index)
    .toString("utf8")
    .replaceAll(/\\(.)/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}

/** Yields the rows in which a field has this value. */
export async function* rowsWith(
  pieces: AsyncIterable<Buffer>,
  index: number,
  value: number,
): AsyncGenerator<Buffer> {
  const wanted = Buffer.from(String(value));
  for await (const row of rowsOf(pieces)) if (rawFieldOf(row, index).equals(wanted)) yield row;
}
