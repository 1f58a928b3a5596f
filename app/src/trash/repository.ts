import { sql } from "drizzle-orm";
import type { Database } from "../database/database.js";
import { PAGE_SIZE } from "../domain/pagination.js";

/** A note or pad in the trash. */
export interface Trashed {
  readonly kind: "note" | "pad";
  readonly id: number;
  readonly name: string;
  readonly deletedAt: Date;
  /** Number of notes trashed with a pad; 0 for a note. */
  readonly notes: number;
}

/** One page of the trash. */
export interface TrashPage {
  readonly entries: readonly Trashed[];
  readonly total: number;
}

type Row = {
  kind: "note" | "pad";
  id: number;
  name: string;
  deleted_at: string | Date;
  notes: number;
  total: number;
};

/** Result of restoring a note. */
export type RestoredNote = { readonly padId: number | null; readonly lostPad: boolean };

/** The trash of one user. */
export class TrashRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Lists deleted pads and notes, newest first. Notes deleted with their pad are not listed but counted with it. */
  async list(userId: number, page: number): Promise<TrashPage> {
    const result = await this.#database.reads.execute<Row>(sql`
      with entries as (
        select 'note' as kind, id, name, deleted_at from notes
        where user_id = ${userId} and deleted_at is not null and not deleted_with_pad
        union all
        select 'pad' as kind, id, name, deleted_at from pads where user_id = ${userId} and deleted_at is not null
      )
      select kind, id, name, deleted_at, (select count(*)::int from entries) as total,
        case when kind = 'pad' then (
          select count(*)::int from notes
          where user_id = ${userId} and pad_id = entries.id and deleted_at is not null and deleted_with_pad
        ) else 0 end as notes
      from entries order by deleted_at desc, kind, id desc
      limit ${PAGE_SIZE} offset ${(page - 1) * PAGE_SIZE}`);
    const entries = result.rows.map(({ deleted_at, total: _, ...rest }) => ({
      ...rest,
      deletedAt: new Date(deleted_at),
    }));
    return { entries, total: result.rows[0]?.total ?? 0 };
  }

  /** Restores a note into its pad, if the pad still exists. */
  async restoreNote(userId: number, id: number): Promise<RestoredNote | undefined> {
    const result = await this.#database.writes.execute<{ pad_id: number | null; lost_pad: boolean }>(sql`
      with found as (
        select notes.id, notes.pad_id as old_pad, pads.id as new_pad
        from notes left join pads on pads.id = notes.pad_id and pads.deleted_at is null
        where notes.user_id = ${userId} and notes.id = ${id} and notes.deleted_at is not null for update of notes
      )
      update notes set deleted_at = null, deleted_with_pad = false, pad_id = found.new_pad
      from found where notes.id = found.id
      returning notes.pad_id, found.old_pad is not null and found.new_pad is null as lost_pad`);
    const restored = result.rows[0];
    return restored && { padId: restored.pad_id, lostPad: restored.lost_pad };
  }

  /** Restores a pad and the notes trashed with it. @returns false if it is not in the trash */
  async restorePad(userId: number, id: number): Promise<boolean> {
    const result = await this.#database.writes.execute(sql`
      with back as (
        update pads set deleted_at = null
        where user_id = ${userId} and id = ${id} and deleted_at is not null returning id
      ), notes_back as (
        update notes set deleted_at = null, deleted_with_pad = false
        where user_id = ${userId} and pad_id in (select id from back) and deleted_with_pad
      )
      select id from back`);
    return result.rows.length === 1;
  }
}
