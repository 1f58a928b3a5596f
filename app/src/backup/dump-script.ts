import { BackupError } from "./backup-error.js";

/** A statement of a dump's script. */
export type ScriptPart =
  | {
      readonly kind: "rows";
      readonly table: string;
      readonly columns: readonly string[];
      /** Rows in the text format of COPY, in chunks of any length. Must be read before the next part. */
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
/** Statements of pg_restore for psql, which change no data. */
const IGNORED =
  /^(?:--.*|SET .*;|SELECT pg_catalog\.set_config\('search_path', '', false\);|\\(?:un)?restrict .*|)$/;

const END_OF_ROWS = Buffer.from("\n\\.\n");
/** Maximum length of a line. pg_restore writes no longer statement. */
const MAX_LINE = 100_000;

const unquoted = (name: string): string => name.trim().replace(/^"(.*)"$/, "$1");

/** Parses the script of a dump's rows (`pg_restore --data-only`) as a stream. */
export class DumpScript {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** @throws {BackupError} for a statement that restores anything but rows and sequences */
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
    if (IGNORED.test(line)) return undefined;
    throw new BackupError(
      `The dump contains a statement other than rows ("${line.slice(0, 80)}"). Restore it manually with pg_restore.`,
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
      if (this.#rest.length > MAX_LINE) throw new BackupError("The dump's script is damaged.");
      if (!(await this.#more())) return undefined;
    }
  }

  async *#rows(): AsyncGenerator<Buffer> {
    // The end marker is a separate line. Without rows it comes first.
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
      const kept = this.#lengthOfPartialEnd(atBeginning);
      const rows = this.#rest.subarray(0, this.#rest.length - kept);
      this.#rest = this.#rest.subarray(this.#rest.length - kept);
      if (rows.length > 0) {
        atBeginning = false;
        yield rows;
      }
      if (!(await this.#more())) throw new BackupError("The dump ends within a table.");
    }
  }

  /** Number of bytes at the end of the buffer that could begin the end marker. */
  #lengthOfPartialEnd(atBeginning: boolean): number {
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
