import { and, asc, eq, isNull, sql } from "drizzle-orm";
import type { Database } from "../database/database.js";
import { pads } from "../database/schema.js";

/** A pad in a list. */
export interface Pad {
  readonly id: number;
  readonly name: string;
}

const columns = { id: pads.id, name: pads.name };

/** Stores pads. Every method takes the owner's id and ignores pads of other users and pads in the trash. */
export class PadsRepository {
  readonly #database: Database;
  readonly #ofUser;
  readonly #one;

  constructor(database: Database) {
    this.#database = database;
    const owned = and(eq(pads.userId, sql.placeholder("userId")), isNull(pads.deletedAt));
    this.#ofUser = database.reads
      .select(columns)
      .from(pads)
      .where(owned)
      .orderBy(asc(pads.id))
      .prepare("pads_of_user");
    this.#one = database.reads
      .select(columns)
      .from(pads)
      .where(and(owned, eq(pads.id, sql.placeholder("id"))))
      .prepare("pad_by_id");
  }

  /** All pads in the order of creation. */
  list(userId: number): Promise<Pad[]> {
    return this.#ofUser.execute({ userId });
  }

  async find(userId: number, id: number): Promise<Pad | undefined> {
    const [pad] = await this.#one.execute({ userId, id });
    return pad;
  }

  /** @returns the new pad's id */
  async create(userId: number, name: string): Promise<number> {
    const [pad] = await this.#database.writes
      .insert(pads)
      .values({ userId, name })
      .returning({ id: pads.id });
    if (!pad) throw new Error("The database stored a pad but did not return its id");
    return pad.id;
  }

  /** @returns false if there is no such pad */
  async rename(userId: number, id: number, name: string): Promise<boolean> {
    const renamed = await this.#database.writes
      .update(pads)
      .set({ name })
      .where(and(eq(pads.userId, userId), eq(pads.id, id), isNull(pads.deletedAt)))
      .returning({ id: pads.id });
    return renamed.length === 1;
  }

  /** Moves a pad and its notes to the trash together. @returns false if there is no such pad */
  async trash(userId: number, id: number): Promise<boolean> {
    const result = await this.#database.writes.execute(sql`
      with gone as (
        update pads set deleted_at = now()
        where user_id = ${userId} and id = ${id} and deleted_at is null returning id
      ), notes_gone as (
        update notes set deleted_at = now(), deleted_with_pad = true
        where user_id = ${userId} and pad_id in (select id from gone) and deleted_at is null
      )
      select id from gone`);
    return result.rows.length === 1;
  }
}
