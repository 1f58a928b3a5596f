import { sql } from "drizzle-orm";
import type { Database, Queries } from "../database/database.js";
import type { ManifestNote, ManifestPad } from "./export-manifest.js";

/** A note to export. */
export type ExportedNote = Omit<ManifestNote, "file"> & {
  readonly id: number;
  readonly padName: string | null;
};

/** A note to import. */
export type ImportedNote = Omit<ManifestNote, "file"> & { readonly text: string };

/** Maximum number of notes per query, and maximum size of their texts, in bytes. */
const BATCH_NOTES = 200;
const BATCH_BYTES = 1024 * 1024;

const utc = (column: string) =>
  sql.raw(`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`);

const NOTE_COLUMNS = sql`notes.id, notes.name, notes.pad_id as pad, pads.name as "padName",
  ${utc("notes.created_at")} as "createdAt", ${utc("notes.updated_at")} as "updatedAt",
  ${utc("notes.deleted_at")} as "deletedAt", notes.deleted_with_pad as "deletedWithPad"`;

/** Exports everything a user owns, and imports it again. */
export class ImportExportRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All pads, including those in the trash. */
  async pads(userId: number): Promise<ManifestPad[]> {
    const result = await this.#database.reads.execute<ManifestPad>(sql`
      select id, name, ${utc("deleted_at")} as "deletedAt" from pads where user_id = ${userId} order by id`);
    return result.rows;
  }

  /** All notes with their texts, including those in the trash, read in batches of limited number and size. */
  async *notesWithTexts(userId: number): AsyncGenerator<ExportedNote & { text: string }> {
    let last = 0;
    for (;;) {
      const batch = await this.#database.reads.execute<ExportedNote & { text: string }>(sql`
        with next as (
          select id, octet_length(text) as size from notes where user_id = ${userId} and id > ${last}
          order by id limit ${BATCH_NOTES}
        ), fitting as (
          select id from (select id, size, sum(size) over (order by id) as total from next) as summed
          where total - size < ${BATCH_BYTES}
        )
        select ${NOTE_COLUMNS}, notes.text from fitting join notes using (id)
        left join pads on pads.id = notes.pad_id order by notes.id`);
      yield* batch.rows;
      const end = batch.rows.at(-1);
      if (!end) return;
      last = end.id;
    }
  }

  /** All notes without their texts. */
  async *notes(userId: number): AsyncGenerator<ExportedNote> {
    let last = 0;
    for (;;) {
      const batch = await this.#database.reads.execute<ExportedNote>(sql`
        select ${NOTE_COLUMNS} from notes left join pads on pads.id = notes.pad_id
        where notes.user_id = ${userId} and notes.id > ${last} order by notes.id limit ${BATCH_NOTES}`);
      yield* batch.rows;
      const end = batch.rows.at(-1);
      if (!end) return;
      last = end.id;
    }
  }

  /** Runs an import in one transaction. */
  importing<T>(userId: number, work: (importing: Importing) => Promise<T>): Promise<T> {
    return this.#database.transaction(async (queries) => {
      // One import at a time per user, across all processes, so that a form sent twice does not add the notes twice.
      await queries.execute(sql`select 1 from users where id = ${userId} for no key update`);
      return work(new Importing(queries, userId));
    });
  }
}

/** One import, within a transaction. */
export class Importing {
  readonly #queries: Queries;
  readonly #userId: number;

  constructor(queries: Queries, userId: number) {
    this.#queries = queries;
    this.#userId = userId;
  }

  /**
   * Finds the user's pads with the imported names, or creates them. @returns the user's pad ids by the imported ids
   */
  async pads(pads: readonly ManifestPad[]): Promise<Map<number, number>> {
    const own = new Map<number, number>();
    const taken: number[] = [];
    for (const pad of pads) {
      const found = await this.#queries.execute<{ id: number }>(sql`
        select id from pads where user_id = ${this.#userId} and name = ${pad.name}
          and deleted_at is not distinct from ${pad.deletedAt}::timestamptz
          and id <> all (${sql.param(taken)}::int[]) order by id limit 1`);
      const id = found.rows[0]?.id ?? (await this.#addPad(pad));
      taken.push(id);
      own.set(pad.id, id);
    }
    return own;
  }

  async #addPad({ name, deletedAt }: ManifestPad): Promise<number> {
    const added = await this.#queries.execute<{ id: number }>(sql`
      insert into pads (user_id, name, deleted_at) values (${this.#userId}, ${name}, ${deletedAt}::timestamptz)
      returning id`);
    const id = added.rows[0]?.id;
    if (id === undefined) throw new Error("The database stored a pad but did not return its id");
    return id;
  }

  /** Adds notes that do not exist yet. @returns the number of added notes */
  async notes(notes: readonly ImportedNote[]): Promise<number> {
    const column = (pick: (note: ImportedNote) => string | number | boolean | null) =>
      sql.param(notes.map(pick));
    const added = await this.#queries.execute(sql`
      insert into notes (user_id, pad_id, name, text, created_at, updated_at, deleted_at, deleted_with_pad)
      select ${this.#userId}, new.pad_id, new.name, new.text, new.created_at, new.updated_at, new.deleted_at,
        new.deleted_with_pad
      from unnest(
        ${column((note) => note.pad)}::int[], ${column((note) => note.name)}::text[],
        ${column((note) => note.text)}::text[], ${column((note) => note.createdAt)}::timestamptz[],
        ${column((note) => note.updatedAt)}::timestamptz[], ${column((note) => note.deletedAt)}::timestamptz[],
        ${column((note) => note.deletedWithPad)}::boolean[]
      ) with ordinality as new (pad_id, name, text, created_at, updated_at, deleted_at, deleted_with_pad, place)
      where not exists (
        select 1 from notes as known
        where known.user_id = ${this.#userId} and known.created_at = new.created_at and known.name = new.name
          and md5(known.text) = md5(new.text)
      ) order by new.place returning id`);
    return added.rows.length;
  }
}
