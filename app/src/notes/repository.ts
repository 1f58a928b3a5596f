import { and, asc, desc, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { Database } from "../database/database.js";
import { notes, pads } from "../database/schema.js";
import { PAGE_SIZE } from "../domain/pagination.js";
import type { Order } from "./order.js";

/** A note in a list. */
export interface ListedNote {
  readonly id: number;
  readonly name: string;
  readonly updatedAt: Date;
  readonly padId: number | null;
  readonly padName: string | null;
}

/** One page of a list. */
export interface NotePage {
  readonly notes: readonly ListedNote[];
  /** Number of notes on all pages. */
  readonly total: number;
}

/** A note with its text. */
export interface Note {
  readonly id: number;
  readonly name: string;
  readonly text: string;
  readonly padId: number | null;
  readonly updatedAt: Date;
}

/** Content of a note, as the form has it. */
export interface NoteContent {
  readonly name: string;
  readonly text: string;
  /** Id of the pad, or null for no pad. */
  readonly pad: number | null;
}

// The same expressions as in the indexes. Their collation does not depend on that of the database.
const lowerName = sql`lower(${notes.name} collate "und-x-icu") collate "und-x-icu"`;
const exactName = sql`${notes.name} collate "und-x-icu"`;

const SORTING: Readonly<Record<Order, SQL[]>> = {
  name: [asc(lowerName), asc(exactName), asc(notes.id)],
  "-name": [desc(lowerName), desc(exactName), desc(notes.id)],
  updated_at: [asc(notes.updatedAt), asc(notes.id)],
  "-updated_at": [desc(notes.updatedAt), desc(notes.id)],
};

function listQuery(database: Database, order: Order, within: SQL | undefined, name: string) {
  // The ids of the page are read from an index only, so that late pages of a long list stay fast.
  const page = database.reads
    .select({ id: notes.id })
    .from(notes)
    .where(within)
    .orderBy(...SORTING[order])
    .limit(PAGE_SIZE)
    .offset(sql.placeholder("offset"))
    .as("page");
  const total = sql<number>`(select count(*)::int from ${notes} where ${within})`;
  return database.reads
    .select({
      id: notes.id,
      name: notes.name,
      updatedAt: notes.updatedAt,
      padId: pads.id,
      padName: pads.name,
      total: total.as("total"),
    })
    .from(page)
    .innerJoin(notes, eq(notes.id, page.id))
    .leftJoin(pads, and(eq(pads.id, notes.padId), isNull(pads.deletedAt)))
    .orderBy(...SORTING[order])
    .prepare(name);
}

function listQueries(database: Database, within: SQL | undefined, name: string) {
  return {
    name: listQuery(database, "name", within, `${name}_by_name`),
    "-name": listQuery(database, "-name", within, `${name}_by_name_down`),
    updated_at: listQuery(database, "updated_at", within, `${name}_by_time`),
    "-updated_at": listQuery(database, "-updated_at", within, `${name}_by_time_down`),
  };
}

/** Result of a creation. "no such pad": the pad does not exist or belongs to another user. */
export type CreateResult = { readonly id: number } | "no such pad";
/** Result of an update. */
export type UpdateResult = "saved" | "no such note" | "no such pad";

/** Stores notes. Every method takes the owner's id and ignores notes of other users and notes in the trash. */
export class NotesRepository {
  readonly #database: Database;
  readonly #all;
  readonly #inPad;
  readonly #one;
  readonly #create;

  constructor(database: Database) {
    this.#database = database;
    const owned = and(eq(notes.userId, sql.placeholder("userId")), isNull(notes.deletedAt));
    this.#all = listQueries(database, owned, "notes");
    this.#inPad = listQueries(
      database,
      and(eq(notes.padId, sql.placeholder("padId")), owned),
      "notes_of_pad",
    );
    this.#one = database.reads
      .select({
        id: notes.id,
        name: notes.name,
        text: notes.text,
        padId: pads.id,
        updatedAt: notes.updatedAt,
      })
      .from(notes)
      .leftJoin(pads, and(eq(pads.id, notes.padId), isNull(pads.deletedAt)))
      .where(and(owned, eq(notes.id, sql.placeholder("id"))))
      .prepare("note_by_id");
    this.#create = database.writes
      .insert(notes)
      .values({
        userId: sql.placeholder("userId"),
        name: sql.placeholder("name"),
        text: sql.placeholder("text"),
      })
      .returning({ id: notes.id })
      .prepare("note_create");
  }

  /** One page of all notes. */
  async list(userId: number, order: Order, page: number): Promise<NotePage> {
    return toPage(await this.#all[order].execute({ userId, offset: (page - 1) * PAGE_SIZE }));
  }

  /** One page of a pad's notes. */
  async listInPad(userId: number, padId: number, order: Order, page: number): Promise<NotePage> {
    return toPage(await this.#inPad[order].execute({ userId, padId, offset: (page - 1) * PAGE_SIZE }));
  }

  async find(userId: number, id: number): Promise<Note | undefined> {
    const [note] = await this.#one.execute({ userId, id });
    return note;
  }

  async create(userId: number, { name, text, pad }: NoteContent): Promise<CreateResult> {
    if (pad === null) {
      const [note] = await this.#create.execute({ userId, name, text });
      return note ?? "no such pad";
    }
    // The same statement checks the pad, so that it cannot be trashed in between.
    const result = await this.#database.writes.execute<{ id: number }>(sql`
      insert into notes (user_id, pad_id, name, text)
      select user_id, id, ${name}, ${text} from pads
      where user_id = ${userId} and id = ${pad} and deleted_at is null for share
      returning id`);
    return result.rows[0] ?? "no such pad";
  }

  async update(userId: number, id: number, { name, text, pad }: NoteContent): Promise<UpdateResult> {
    const result = await this.#database.writes.execute<{ pad_ok: boolean; saved: boolean }>(sql`
      with pad as (
        select id from pads where user_id = ${userId} and id = ${pad}::int and deleted_at is null for share
      ), saved as (
        update notes set name = ${name}, text = ${text}, pad_id = ${pad}::int, updated_at = now()
        where user_id = ${userId} and id = ${id} and deleted_at is null
          and (${pad}::int is null or exists (select 1 from pad))
        returning id
      )
      select ${pad}::int is null or exists (select 1 from pad) as pad_ok, exists (select 1 from saved) as saved`);
    const outcome = result.rows[0];
    if (outcome?.saved) return "saved";
    return outcome?.pad_ok ? "no such note" : "no such pad";
  }

  /** Moves a note to the trash. @returns the pad it was in, or undefined if there is no such note */
  async trash(userId: number, id: number): Promise<{ readonly padId: number | null } | undefined> {
    const result = await this.#database.writes.execute<{ pad_id: number | null }>(sql`
      update notes set deleted_at = now() where user_id = ${userId} and id = ${id} and deleted_at is null
      returning (select id from pads where pads.id = notes.pad_id and pads.deleted_at is null) as pad_id`);
    const gone = result.rows[0];
    return gone && { padId: gone.pad_id };
  }
}

function toPage(rows: (ListedNote & { total: number })[]): NotePage {
  return { notes: rows, total: rows[0]?.total ?? 0 };
}
