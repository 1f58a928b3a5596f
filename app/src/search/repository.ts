import { sql } from "drizzle-orm";
import type { Database } from "../database/database.js";
import type { ListedNote } from "../notes/repository.js";

/** Number of results per page. */
export const RESULTS_PER_PAGE = 20;
/** Maximum number of words of a query. Further words are ignored. */
const MAX_WORDS = 12;
/** Length of an excerpt, and of its part before the first match, in characters. */
const EXCERPT = 240;
const LEAD = 60;
/** Number of characters of a text that are indexed. See the migration. */
const INDEXED = 200_000;

/** A note that was found. */
export interface FoundNote extends ListedNote {
  /** Part of the text around the first match. */
  readonly excerpt: string;
  /** True if text was cut off before or after the excerpt. */
  readonly cutBefore: boolean;
  readonly cutAfter: boolean;
}

/** One page of results. */
export interface FoundPage {
  readonly notes: readonly FoundNote[];
  readonly total: number;
}

/** Splits a query into words as the index does: at blanks and ASCII punctuation, ignoring case. */
export function wordsOf(query: string): string[] {
  const words = query
    .toLowerCase()
    .split(/[\s!-/:-@[-`{-~]+/u)
    .filter((word) => word !== "");
  return [...new Set(words)].slice(0, MAX_WORDS);
}

type Row = {
  id: number;
  name: string;
  updated_at: string | Date;
  pad_id: number | null;
  pad_name: string | null;
  excerpt: string;
  first: number;
  length: number;
  total: number;
};

/** Searches the notes of one user. */
export class SearchRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Finds notes that contain a word with each of the prefixes, newest first. */
  async find(userId: number, words: readonly string[], page: number): Promise<FoundPage> {
    const query = words.map((word) => `'${word}':*`).join(" & ");
    const result = await this.#database.reads.execute<Row>(sql`
      with query as materialized (select to_tsquery('simple', ${query}) as wanted),
      matching as (
        select id, updated_at from notes
        where user_id = ${userId} and deleted_at is null and search @@ (select wanted from query)
      ),
      page as (
        select id, (select count(*)::int from matching) as total from matching
        order by updated_at desc, id desc limit ${RESULTS_PER_PAGE} offset ${(page - 1) * RESULTS_PER_PAGE}
      )
      select notes.id, notes.name, notes.updated_at, pads.id as pad_id, pads.name as pad_name, page.total,
        place.first, char_length(notes.text) as length,
        substr(notes.text, greatest(1, place.first - ${LEAD}::int), ${EXCERPT}) as excerpt
      from page join notes on notes.id = page.id
      left join pads on pads.id = notes.pad_id and pads.deleted_at is null
      cross join lateral (
        select coalesce(min(nullif(position(word in lower(left(notes.text, ${INDEXED}) collate "und-x-icu")), 0)), 1) as first
        from unnest(${sql.param([...words])}::text[]) as word
      ) as place
      order by notes.updated_at desc, notes.id desc`);
    return { notes: result.rows.map(toFound), total: result.rows[0]?.total ?? 0 };
  }
}

function toFound(row: Row): FoundNote {
  const start = Math.max(1, row.first - LEAD);
  return {
    id: row.id,
    name: row.name,
    updatedAt: new Date(row.updated_at),
    padId: row.pad_id,
    padName: row.pad_name,
    excerpt: row.excerpt,
    cutBefore: start > 1,
    cutAfter: start - 1 + EXCERPT < row.length,
  };
}
