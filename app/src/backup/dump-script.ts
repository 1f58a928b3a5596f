import { BackupError } from "./backup-error.js";

/** What a dump's script says to do. */
export type ScriptPart =
  | {
      readonly kind: "rows";
      readonly table: string;
      readonly columns: readonly string[];
      /** PostgreSQL's text format of COPY, in pieces that may end anywhere; to be read before the next part. */
      readonly rows: AsyncIterable<Buffer>;
    }
  | {
      readonly kind: "sequence";
      readonly sequence: string;
      readonly value: string;
      readonly called: boolean;
    };

const COPY = /^COPY (?:public\.)?("[^"]+"|\w+) \(([^)]*)\) FROM stdin;$/;
const SEQUENCE = /^SELECT pg_catalog\.setval\('(?:public\.)?("[^"]+"|\w+)', (\d+), (true|false)\);$/;
/** What pg_restore writes around the rows for psql, which changes nothing. */
const HARMLESS =
  /^(?:--.*|SET .*;|SELECT pg_catalog\.set_config\('search_path', '', false\);|\\(?:un)?restrict .*|)$/;

const END_OF_ROWS = Buffer.from("\n\\.\n");
/** A statement is a line; a longer one is none of pg_restore's. */
const LONGEST_LINE = 100_000;

const unquoted = (name: string): string => name.trim().replace(/^"(.*)"$/, "$1");

/** Reads the script of a dump's rows (`pg_restore --data-only`) without holding more of it than a piece. */
export class DumpScript {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** @throws {BackupError} on a statement that restores something other than rows and sequences */
  async *parts(): AsyncGenerator<ScriptPart> {
    for (;;) {
      const line = await this.#line();
      if (line === undefined) return;
      const part = this.#partOf(line);
      if (!part) continue;
      yield part;
      if (part.kind === "rows") for await (const _ of part.rows);
    }
  }

  #partOf(line: string): ScriptPart | undefined {
    const [, table, columns] = COPY.exec(line) ?? [];
    if (table !== undefined && columns !== undefined) {
      return {
        kind: "rows",
        table: unquoted(table),
        columns: columns === "" ? [] : columns.split(",").map(unquoted),
        rows: this.#rows(),
      };
    }
    const [, sequence, value, called] = SEQUENCE.exec(line) ?? [];
    if (sequence !== undefined && value !== undefined) {
      return { kind: "sequence", sequence: unquoted(sequence), value, called: called === "true" };
    }
    if (HARMLESS.test(line)) return undefined;
    throw new BackupError(
      `The dump holds something other than rows ("${line.slice(0, 80)}"), which this program does not restore. Restore it by hand, with pg_restore.`,
    );
  }

  async #more(): Promise<boolean> {
    const next = await this.#source.next();
    if (next.done) return false;
    this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
    return true;
  }

  async #line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end >= 0) {
        const line = this.#rest.toString("utf8", 0, end);
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      if (this.#rest.length > LONGEST_LINE) throw new BackupError("The dump's script is damaged.");
      if (!(await this.#more())) return undefined;
    }
  }

  async *#rows(): AsyncGenerator<Buffer> {
    // The end is a line of its own: without any rows it comes at once.
    let atBeginning = true;
    for (;;) {
      const begins = atBeginning && this.#rest.subarray(0, 3).equals(END_OF_ROWS.subarray(1));
      const end = begins ? 0 : this.#rest.indexOf(END_OF_ROWS);
      if (end >= 0) {
        const rows = this.#rest.subarray(0, begins ? 0 : end + 1);
        this.#rest = this.#rest.subarray(begins ? 3 : end + END_OF_ROWS.length);
        if (rows.length > 0) yield rows;
        return;
      }
      const kept = this.#lengthOfBegunEnd(atBeginning);
      const rows = this.#rest.subarray(0, this.#rest.length - kept);
      this.#rest = this.#rest.subarray(this.#rest.length - kept);
      if (rows.length > 0) {
        atBeginning = false;
        yield rows;
      }
      if (!(await this.#more())) throw new BackupError("The dump ends in the middle of a table.");
    }
  }

  /** How much of what is there could be the beginning of the end. */
  #lengthOfBegunEnd(atBeginning: boolean): number {
    if (atBeginning && END_OF_ROWS.subarray(1).subarray(0, this.#rest.length).equals(this.#rest)) {
      return this.#rest.length;
    }
    for (let length = Math.min(END_OF_ROWS.length - 1, this.#rest.length); length > 0; length -= 1) {
      const tail = this.#rest.subarray(this.#rest.length - length);
      if (END_OF_ROWS.subarray(0, length).equals(tail)) return length;
    }
    return 0;
  }
}
