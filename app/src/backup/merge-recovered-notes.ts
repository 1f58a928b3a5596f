import pg from "pg";
import { BackupError } from "./backup-error.js";
import { storedColumnsOf } from "./table-contents.js";

/** Selection of the notes to merge. */
export interface MergeOptions {
  /** Schema with the user's rows of the dump, migrated to the version of the live tables. */
  readonly from: string;
  /** Id of the user in the dump. */
  readonly formerOwner: number;
  /** Id of the user in the live tables. */
  readonly owner: number;
  /** Id of the only note to merge; undefined: all notes. */
  readonly note: number | undefined;
  /** Name of the pad for old versions of notes that were changed since. */
  readonly padForChanged: string;
}

/** Numbers of merged notes. */
export interface MergeResult {
  /** Deleted notes that were added again. */
  readonly restored: number;
  /** Unchanged notes that were restored from the trash. */
  readonly untrashed: number;
  /** Notes that were changed since. Their old version was added to a separate pad. */
  readonly conflicting: number;
  /** Notes that already exist as they are in the dump. */
  readonly unchanged: number;
  /** Pads that were created. */
  readonly pads: number;
}

/**
 * Merges the notes of a dump into the live tables, within a transaction. Existing notes are not changed, except that a
 * note may be restored from the trash. Merging again changes nothing.
 */
export async function mergeRecoveredNotes(session: pg.Client, options: MergeOptions): Promise<MergeResult> {
  await session.query("set local search_path = public");
  await classify(session, options);
  await raiseNumbers(session, "notes", options);
  await raiseNumbers(session, "pads", options);
  const pads = await makePads(session, options);
  const restored = await insertNotes(session, options, "gone");
  const untrashed = await untrash(session, options);
  const conflicting = await insertNotes(session, options, "changed");
  const unchanged = await session.query("select count(*)::int as number from recovered where fate = 'there'");
  return { ...pads, restored, untrashed, conflicting, unchanged: Number(unchanged.rows[0]?.number) };
}

/** Advances the sequence above all recovered ids, so that notes created at the same time do not conflict. */
async function raiseNumbers(
  session: pg.Client,
  table: "notes" | "pads",
  { from, formerOwner }: MergeOptions,
): Promise<void> {
  const sequence = await session.query("select pg_get_serial_sequence($1, 'id') as name", [table]);
  const name = String(sequence.rows[0]?.name);
  await session.query(
    `select setval('${name}', most) from ${name}, (
       select greatest(
         (select max(id) from ${table}),
         (select max(id) from ${pg.escapeIdentifier(from)}.${table} where user_id = ${formerOwner})
       ) as most
     ) as numbers where most > last_value`,
  );
}

/** Decides what to do with each note, before anything is changed. */
async function classify(session: pg.Client, options: MergeOptions): Promise<void> {
  const { from, formerOwner, owner, note } = options;
  const result = await session.query(
    `create temporary table recovered on commit drop as
     select former.id as former_id, former.pad_id as former_pad, false as made,
       former.deleted_at is null or ${note !== undefined} as live,
       case
         when now_there.id is null then case when twin.id is null then 'gone' else 'there' end
         when now_there.name = former.name and now_there.text = former.text then
           case when now_there.deleted_at is not null and (former.deleted_at is null or ${note !== undefined})
             then 'trashed' else 'there' end
         when twin.id is not null or (former.deleted_at is not null and ${note === undefined}) then 'there'
         else 'changed'
       end as fate,
       case when exists (select 1 from notes where notes.id = former.id) then null else former.id end as id
     from ${pg.escapeIdentifier(from)}.notes as former
     left join notes as now_there on now_there.id = former.id and now_there.user_id = ${owner}
     left join lateral (
       select id from notes
       where user_id = ${owner} and notes.id <> former.id and notes.name = former.name
         and notes.created_at = former.created_at and notes.text = former.text and notes.deleted_at is null
       limit 1
     ) as twin on true
     where former.user_id = ${formerOwner} ${note === undefined ? "" : `and former.id = ${note}`}`,
  );
  if (note === undefined || result.rowCount !== 0) return;
  throw new BackupError(`The user has no note ${note} in this backup. Nothing was changed.`);
}

/** Finds the pad of each note: the same pad, a pad of the same name, or a new one. */
async function makePads(
  session: pg.Client,
  { from, formerOwner, owner, note, padForChanged }: MergeOptions,
): Promise<Pick<MergeResult, "pads">> {
  const wanted =
    note === undefined
      ? ""
      : "and former.id in (select former_pad from recovered where fate in ('gone', 'trashed'))";
  await session.query(
    `create temporary table recovered_pads on commit drop as
     select former.id as former_id, former.name, former.created_at, false as made, coalesce(
       (select id from pads where pads.id = former.id and user_id = ${owner} and deleted_at is null),
       (select min(id) from pads where pads.name = former.name and user_id = ${owner} and deleted_at is null)
     ) as id
     from ${pg.escapeIdentifier(from)}.pads as former
     where former.user_id = ${formerOwner} and former.deleted_at is null ${wanted}`,
  );
  await session.query(
    `insert into recovered_pads
     select null, ${pg.escapeLiteral(padForChanged)}, now(), false, (
       select min(id) from pads where name = ${pg.escapeLiteral(padForChanged)} and user_id = ${owner} and deleted_at is null
     ) where exists (select 1 from recovered where fate = 'changed')`,
  );
  await session.query(
    `update recovered_pads set made = true, id = case
       when former_id is null or exists (select 1 from pads where pads.id = former_id)
       then nextval(pg_get_serial_sequence('pads', 'id')) else former_id
     end where id is null`,
  );
  const made = await session.query(
    `insert into pads (id, user_id, name, created_at)
     select id, ${owner}, name, created_at from recovered_pads where made`,
  );
  return { pads: made.rowCount ?? 0 };
}

/** Pad of an added note. A note that was in the trash returns to the trash without a pad. */
const PAD_OF_GONE =
  "case when live then (select id from recovered_pads where recovered_pads.former_id = former_pad) end";
const PAD_OF_CHANGED = "(select id from recovered_pads where recovered_pads.former_id is null)";

async function insertNotes(
  session: pg.Client,
  { from, owner }: MergeOptions,
  fate: "gone" | "changed",
): Promise<number> {
  const own: Readonly<Record<string, string>> = {
    id: "coalesce(recovered.id, nextval(pg_get_serial_sequence('notes', 'id')))",
    user_id: String(owner),
    pad_id: fate === "gone" ? PAD_OF_GONE : PAD_OF_CHANGED,
    deleted_at: "case when live then null else former.deleted_at end",
    deleted_with_pad: "false",
  };
  const columns = await storedColumnsOf(session, "public", "notes");
  const values = columns.map((column) => own[column] ?? `former.${pg.escapeIdentifier(column)}`);
  const result = await session.query(
    `insert into notes (${columns.map((column) => pg.escapeIdentifier(column)).join(", ")})
     select ${values.join(", ")}
     from recovered join ${pg.escapeIdentifier(from)}.notes as former on former.id = recovered.former_id
     where fate = '${fate}' order by former.id`,
  );
  return result.rowCount ?? 0;
}

async function untrash(session: pg.Client, { from, owner }: MergeOptions): Promise<number> {
  const result = await session.query(
    `update notes set deleted_at = null, deleted_with_pad = false, pad_id = coalesce(
       (select id from pads where pads.id = notes.pad_id and pads.deleted_at is null),
       (select id from recovered_pads where recovered_pads.former_id = former_pad)
     )
     from recovered join ${pg.escapeIdentifier(from)}.notes as former on former.id = recovered.former_id
     where fate = 'trashed' and notes.id = former.id and notes.user_id = ${owner}
       and notes.name = former.name and notes.text = former.text and notes.deleted_at is not null`,
  );
  return result.rowCount ?? 0;
}
