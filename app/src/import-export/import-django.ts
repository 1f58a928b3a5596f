import { sql } from "drizzle-orm";
import pg from "pg";
import type { Config } from "../config.js";
import { type Database, openDatabase, type Queries } from "../database/database.js";
import { codeOf, rootCause } from "../database/errors.js";
import { MAX_NAME_LENGTH, MAX_TEXT_BYTES } from "../forms/form.js";

/** The former database cannot be loaded. The message has the solution. */
export class ImportError extends Error {
  override readonly name = "ImportError";
}

/** Options of `notejam import-django`. */
export interface ImportDjangoOptions {
  /** `postgres://…`, or the path of an SQLite file. */
  readonly from: string;
  /** Counts rows without loading them. */
  readonly dryRun: boolean;
}

type Row = Record<string, unknown>;

/** Database of the former application, read in batches. */
interface Source {
  /** Returns the next rows with ids above a number, in the order of ids. */
  rows(table: string, columns: readonly string[], above: number): Promise<Row[]>;
  close(): Promise<void>;
}

/** Number of rows per batch. */
const BATCH = 500;

async function openPostgres(url: string): Promise<Source> {
  const client = new pg.Client({
    connectionString: url,
    types: { getTypeParser: () => (value: string) => value },
  });
  await client.connect();
  // One read-only snapshot for all tables.
  await client.query("begin isolation level repeatable read read only; set local timezone = 'UTC'");
  return {
    async rows(table, columns, above) {
      const text = `select ${columns.join(", ")} from ${table} where id > $1 order by id limit ${BATCH}`;
      return (await client.query<Row>(text, [above])).rows;
    },
    close: () => client.end(),
  };
}

async function openSqlite(file: string): Promise<Source> {
  const name: string = "node:sqlite";
  const module = await import(name).catch(() => {
    throw new ImportError("SQLite files require Node 22.13 or newer. Use the container image, which has it.");
  });
  const database = new module.DatabaseSync(file, { readOnly: true });
  return {
    async rows(table, columns, above) {
      return database
        .prepare(`select ${columns.join(", ")} from ${table} where id > ? order by id limit ${BATCH}`)
        .all(above);
    },
    async close() {
      database.close();
    },
  };
}

/** A table, its columns, and the statement that stores a batch of rows given as JSON. */
interface Table {
  readonly what: "users" | "pads" | "notes";
  readonly table: string;
  readonly columns: readonly string[];
  readonly store: (rows: string) => ReturnType<typeof sql>;
  /** Finds ids that are already used for another object. */
  readonly conflicts: (rows: string) => ReturnType<typeof sql>;
  /** Returns the reason why a row cannot be stored, or undefined. */
  readonly errorOf: (row: Row) => string | undefined;
}

/** Minimum and maximum length of an email address, in characters. */
const ADDRESS_LENGTHS = [3, 254] as const;

function addressError({ email }: Row): string | undefined {
  const length = [...String(email ?? "").trim()].length;
  const [shortest, longest] = ADDRESS_LENGTHS;
  return length < shortest || length > longest ? "has no valid email address" : undefined;
}

function nameError({ name }: Row): string | undefined {
  return [...String(name).trim()].length > MAX_NAME_LENGTH
    ? `has a name of more than ${MAX_NAME_LENGTH} characters`
    : undefined;
}

function noteError(row: Row): string | undefined {
  const size = Buffer.byteLength(String(row.text).replaceAll("\r\n", "\n"));
  return size > MAX_TEXT_BYTES ? "has more than 1 MB of text" : nameError(row);
}

// Ids are kept, so that bookmarks remain valid. Existing rows are skipped, so that the import can be repeated. Django's
// times are UTC, with or without a zone.
const TABLES: readonly Table[] = [
  {
    what: "users",
    table: "auth_user",
    columns: ["id", "email", "password", "date_joined"],
    store: (rows) => sql`
      insert into users (id, email, password_hash, created_at)
      select id, btrim(email), password, date_joined from jsonb_to_recordset(${rows}::jsonb)
        as old (id integer, email text, password text, date_joined timestamptz)
      on conflict (id) do nothing returning id`,
    conflicts: (rows) => sql`
      select old.id from jsonb_to_recordset(${rows}::jsonb) as old (id integer, email text)
      join users on users.id = old.id
      where lower(users.email collate "und-x-icu") <> lower(btrim(old.email) collate "und-x-icu")`,
    errorOf: addressError,
  },
  {
    what: "pads",
    table: "pads_pad",
    columns: ["id", "name", "user_id"],
    store: (rows) => sql`
      insert into pads (id, user_id, name)
      select id, user_id, coalesce(nullif(btrim(name), ''), 'untitled') from jsonb_to_recordset(${rows}::jsonb)
        as old (id integer, name text, user_id integer)
      on conflict (id) do nothing returning id`,
    conflicts: (rows) => sql`
      select old.id from jsonb_to_recordset(${rows}::jsonb) as old (id integer, user_id integer)
      join pads on pads.id = old.id where pads.user_id <> old.user_id`,
    errorOf: nameError,
  },
  {
    what: "notes",
    table: "notes_note",
    columns: ["id", "pad_id", "user_id", "name", "text", "created_at", "updated_at"],
    store: (rows) => sql`
      insert into notes (id, user_id, pad_id, name, text, created_at, updated_at)
      select old.id, old.user_id, pads.id, coalesce(nullif(btrim(old.name), ''), 'untitled'),
        coalesce(nullif(replace(old.text, chr(13) || chr(10), chr(10)), ''), ' '), old.created_at, old.updated_at
      from jsonb_to_recordset(${rows}::jsonb) as old (id integer, pad_id integer, user_id integer, name text,
        text text, created_at timestamptz, updated_at timestamptz)
      left join pads on pads.id = old.pad_id and pads.user_id = old.user_id
      on conflict (id) do nothing returning id`,
    conflicts: (rows) => sql`
      select old.id from jsonb_to_recordset(${rows}::jsonb) as old (id integer, user_id integer, created_at timestamptz)
      join notes on notes.id = old.id where notes.user_id <> old.user_id or notes.created_at <> old.created_at`,
    errorOf: noteError,
  },
];

async function* batches(source: Source, { table, columns }: Table): AsyncGenerator<Row[]> {
  let last = 0;
  for (;;) {
    const rows = await source.rows(table, columns, last).catch((error: unknown) => {
      throw new ImportError(
        `The former database's table ${table} cannot be read: ${error instanceof Error ? error.message : error}`,
      );
    });
    if (rows.length === 0) return;
    yield rows;
    last = Number(rows.at(-1)?.id);
  }
}

/** Rejects users whose addresses differ only in case: two accounts in Django, one in Notejam. */
async function validateUniqueAddresses(source: Source, people: Table): Promise<void> {
  const seen = new Map<string, unknown>();
  const twins: string[] = [];
  for await (const rows of batches(source, people)) {
    for (const { id, email } of rows) {
      const address = String(email).trim().toLowerCase();
      if (seen.has(address)) twins.push(`  ${address}: users ${seen.get(address)} and ${id}`);
      seen.set(address, id);
    }
  }
  if (twins.length === 0) return;
  throw new ImportError(
    `Nothing was loaded. These email addresses have two accounts each that differ only in case, and Notejam ignores case:
${twins.join("\n")}
In the former database, change auth_user.email of one account of each pair, or move its pads and notes to the other account and delete it.`,
  );
}

/** Maximum number of rows listed in a message. */
const MAX_LISTED = 20;

function validateRows({ table, errorOf }: Table, rows: readonly Row[]): void {
  const lines = rows.flatMap((row) => {
    const why = errorOf(row);
    return why === undefined ? [] : [`  ${table} ${row.id} ${why}`];
  });
  if (lines.length === 0) return;
  throw new ImportError(
    `Nothing was loaded. These rows cannot be stored:
${lines.slice(0, MAX_LISTED).join("\n")}
Change or delete them in the former database.`,
  );
}

/** Stores a batch. @returns the number of new rows */
async function storeBatch(
  { table, store, conflicts }: Table,
  rows: string,
  queries: Queries,
): Promise<number> {
  try {
    const stored = (await queries.execute(store(rows))).rows.length;
    // Otherwise the notes would belong to the user who has the id in this database.
    const taken = (await queries.execute<{ id: number }>(conflicts(rows))).rows.map(({ id }) => id);
    if (taken.length === 0) return stored;
    throw new ImportError(
      `Nothing was loaded. The ids of ${table} ${taken.slice(0, MAX_LISTED).join(", ")} are already in use. Load into an empty database.`,
    );
  } catch (error) {
    const cause = rootCause(error);
    // The message of the statement is not shown, because it contains users' texts.
    if (!(cause instanceof Error) || !/^2[23]/.test(codeOf(cause))) throw error;
    throw new ImportError(`Nothing was loaded. A row of ${table} cannot be stored: ${cause.message}.`);
  }
}

async function loadTable(
  source: Source,
  table: Table,
  queries: Queries | undefined,
): Promise<[number, number]> {
  let read = 0;
  let stored = 0;
  for await (const rows of batches(source, table)) {
    read += rows.length;
    validateRows(table, rows);
    // Only SQLite can store null characters, which PostgreSQL rejects.
    const json = JSON.stringify(rows).replaceAll("\\u0000", "");
    if (queries) stored += await storeBatch(table, withZones(json), queries);
  }
  return [read, stored];
}

/** Adds UTC to times without a zone, as in SQLite. */
function withZones(json: string): string {
  return json.replace(/"(\w+_at|date_joined)":"([\d-]+[ T][\d:.]+)"/g, '"$1":"$2+00"');
}

/** Loads everything in one transaction. @returns the lines of the result */
export async function loadDjango(database: Database, source: Source, dryRun: boolean): Promise<string[]> {
  const [people] = TABLES;
  if (people) await validateUniqueAddresses(source, people);
  const load = async (queries: Queries | undefined): Promise<string[]> => {
    const lines: string[] = [];
    for (const table of TABLES) {
      const [read, stored] = await loadTable(source, table, queries);
      lines.push(
        queries
          ? `${table.what}: ${stored} loaded, ${read - stored} already there`
          : `${table.what}: ${read} found`,
      );
    }
    for (const name of queries ? ["users", "pads", "notes"] : []) {
      await queries?.execute(
        sql.raw(
          `select setval(pg_get_serial_sequence('${name}', 'id'), greatest(1, (select max(id) from ${name})))`,
        ),
      );
    }
    return lines;
  };
  return dryRun ? load(undefined) : database.transaction(load);
}

/** Opens the former database. @throws {ImportError} if it cannot be opened */
export async function openSource(from: string): Promise<Source> {
  try {
    return /^postgres(ql)?:/.test(from) ? await openPostgres(from) : await openSqlite(from);
  } catch (error) {
    if (error instanceof ImportError) throw error;
    throw new ImportError(
      `The former database cannot be opened: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** Loads users, pads and notes of the former Django application. */
export async function importDjango(
  config: Config,
  { from, dryRun }: ImportDjangoOptions,
  say: (text: string) => void,
): Promise<void> {
  const source = await openSource(from);
  try {
    const database = await openDatabase(config.database, { onIdleError: () => {}, noTimeouts: true });
    try {
      for (const line of await loadDjango(database, source, dryRun)) say(line);
    } finally {
      await database.end();
    }
  } finally {
    await source.close();
  }
}
