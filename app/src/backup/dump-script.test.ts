import { describe, expect, it } from "vitest";
import { DumpScript } from "./dump-script.js";

const SCRIPT = String.raw`--
-- PostgreSQL database dump
--

\restrict abc
SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

COPY public.pads (id, user_id, name) FROM stdin;
\.


COPY public.notes (id, "text") FROM stdin;
1	\\.
2	ends in a backslash\\
3	\N
\\.	4
\.


SELECT pg_catalog.setval('public.notes_id_seq', 4, true);
\unrestrict abc
`;

async function* inPieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function read(text: string, size: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const part of new DumpScript(inPieces(text, size)).parts()) {
    if (part.kind !== "rows") {
      found.push(part);
      continue;
    }
    const rows: Buffer[] = [];
    for await (const piece of part.rows) rows.push(piece);
    found.push({ ...part, rows: Buffer.concat(rows).toString() });
  }
  return found;
}

describe("a dump's script", () => {
  it.each([1, 2, 3, 4, 5, 7, 16, 64, 100_000])("is read in pieces of %i bytes", async (size) => {
    expect(await read(SCRIPT, size)).toEqual([
      { kind: "rows", table: "pads", columns: ["id", "user_id", "name"], rows: "" },
      {
        kind: "rows",
        table: "notes",
        columns: ["id", "text"],
        rows: String.raw`1	\\.
2	ends in a backslash\\
3	\N
\\.	4
`,
      },
      { kind: "sequence", sequence: "notes_id_seq", value: "4", called: true },
    ]);
  });

  it("skips rows that were not read", async () => {
    const tables: string[] = [];
    for await (const part of new DumpScript(inPieces(SCRIPT, 10)).parts()) {
      tables.push(part.kind === "rows" ? part.table : part.sequence);
    }
    expect(tables).toEqual(["pads", "notes", "notes_id_seq"]);
  });

  it("that ends within a table is refused", async () => {
    const cut = SCRIPT.slice(0, SCRIPT.indexOf("3\t"));
    await expect(read(cut, 10)).rejects.toThrow("ends within a table");
  });

  it.each(["DROP TABLE public.notes;", "SELECT pg_catalog.lo_create('1');", "\\! rm -rf /"])(
    "that would do something else (%s) is refused",
    async (line) => {
      await expect(read(`${line}\n${SCRIPT}`, 10)).rejects.toThrow("a statement other than rows");
    },
  );
});
