import pg from "pg";
import type { TableContents } from "./backup-manifest.js";

/**
 * Tables that are dumped without rows: the rows expire within days, and a restored session would sign users in again.
 */
export const TABLES_WITHOUT_ROWS: readonly string[] = ["password_resets", "rate_limits", "sessions"];

const { escapeIdentifier, escapeLiteral } = pg;

/** Names of the tables of a schema. */
export async function tablesOf(session: pg.Client, schema: string): Promise<string[]> {
  const result = await session.query(
    `select relname as name from pg_class
     where relnamespace = (select oid from pg_namespace where nspname = $1) and relkind = 'r' order by 1`,
    [schema],
  );
  return result.rows.map((row) => String(row.name));
}

/** Columns that are not generated. Generated values differ between versions of PostgreSQL. */
export async function storedColumnsOf(session: pg.Client, schema: string, table: string): Promise<string[]> {
  const result = await session.query(
    `select attname as name from pg_attribute
     where attrelid = ${escapeLiteral(`${escapeIdentifier(schema)}.${escapeIdentifier(table)}`)}::regclass
       and attnum > 0 and not attisdropped and attgenerated = '' order by attname collate "C"`,
  );
  return result.rows.map((row) => String(row.name));
}

const LANES = [1, 9, 17, 25];

/**
 * Returns the number of rows of a table and a checksum of their content, computed by PostgreSQL in constant memory.
 *
 * The SHA-256 of each row is split into four numbers of 64 bits, which are summed over all rows. The checksum does not
 * depend on the order of rows.
 */
export async function contentsOf(session: pg.Client, schema: string, table: string): Promise<TableContents> {
  const columns = await storedColumnsOf(session, schema, table);
  const row = `row(${columns.map((column) => escapeIdentifier(column)).join(", ")})`;
  const sums = LANES.map((from) => `sum(('x' || encode(substr(hash, ${from}, 8), 'hex'))::bit(64)::bigint)`);
  const result = await session.query({
    text: `select count(*), ${sums.join(", ")} from (
             select sha256(convert_to(${row}::text, 'UTF8')) as hash
             from ${escapeIdentifier(schema)}.${escapeIdentifier(table)}
           ) as hashes`,
    rowMode: "array",
  });
  const [rows, ...lanes] = (result.rows[0] ?? []).map((value: unknown) => BigInt(String(value ?? 0)));
  const sha256 = lanes
    .map((lane: bigint) => BigInt.asUintN(64, lane).toString(16).padStart(16, "0"))
    .join("");
  return { rows: Number(rows), sha256, columns };
}

/** Returns the differences between expected and actual tables, or an empty list. */
export function differences(
  expected: Readonly<Record<string, TableContents>>,
  found: Readonly<Record<string, TableContents>>,
): string[] {
  return Object.entries(found).flatMap(([table, { rows, sha256 }]) => {
    const wanted = expected[table];
    if (!wanted) return [`the manifest has no table ${table}`];
    if (rows !== wanted.rows) return [`${table} has ${rows} rows instead of ${wanted.rows}`];
    return sha256 === wanted.sha256 ? [] : [`${table} has ${rows} rows, but their content differs`];
  });
}
