import { readFileSync } from "node:fs";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import type { Connection, ConnectionCounts, Connections } from "./connections.js";
import { lockFolder } from "./folder-lock.js";

const { builtins } = pg.types;
const asText = (value: string): string => value;

/** Types returned as text, because the columns of the schema convert them. */
const PARSERS = { [builtins.TIMESTAMPTZ]: asText, [builtins.TIMESTAMP]: asText, [builtins.DATE]: asText };

/** The files of the embedded database cannot be opened by this version of Notejam. */
export class UnusableDatabase extends Error {
  override readonly name = "UnusableDatabase";
}

/** Opens or creates the database files. @throws {UnusableDatabase} if existing files cannot be opened */
async function openFiles(dataDir: string): Promise<PGlite> {
  const version = versionOf(dataDir);
  try {
    return await PGlite.create({ dataDir });
  } catch (error) {
    if (version === undefined) throw error;
    throw new UnusableDatabase(
      `The embedded database in ${dataDir} cannot be opened. PostgreSQL ${version} wrote it, and it is damaged or this Notejam embeds another version. Use the version of Notejam that wrote it, or move the folder to start with an empty database.`,
      { cause: error },
    );
  }
}

/** Major version of PostgreSQL that wrote the files, or undefined if there are no files. */
function versionOf(dataDir: string): string | undefined {
  try {
    return readFileSync(path.join(dataDir, "PG_VERSION"), "utf8").trim();
  } catch {
    return undefined;
  }
}

/**
 * Connections to the PostgreSQL embedded in this process. It runs one statement at a time, so there is one connection,
 * which is lent to one caller at a time.
 */
export class EmbeddedConnections implements Connections {
  readonly #database: PGlite;
  readonly #unlock: () => void;
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** @param unlock called when the connections are closed. @default nothing: the database is in memory */
  constructor(database: PGlite, unlock: () => void = () => {}) {
    this.#database = database;
    this.#unlock = unlock;
  }

  /** Opens or creates the database in a folder and locks the folder. */
  static async open(folder: string): Promise<EmbeddedConnections> {
    const unlock = lockFolder(folder);
    try {
      const database = await openFiles(path.join(folder, "pgdata"));
      await database.exec("set client_min_messages = warning; set timezone = 'UTC'");
      return new EmbeddedConnections(database, unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  async connect(): Promise<Connection> {
    const before = this.#turn;
    let done = (): void => {};
    this.#turn = new Promise<void>((resolve) => {
      done = resolve;
    });
    this.#waiting += 1;
    await before;
    this.#waiting -= 1;
    return { query: (config, values) => this.#query(config, values), release: () => done() };
  }

  async #query(config: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> {
    const text = typeof config === "string" ? config : config.text;
    const parameters = values ?? (typeof config === "string" ? undefined : config.values);
    if (parameters === undefined) {
      const results = await this.#database.exec(text);
      return resultOf(text, results.at(-1) ?? { rows: [] });
    }
    const arrays = typeof config !== "string" && "rowMode" in config && config.rowMode === "array";
    const raw = typeof config !== "string" && config.types !== undefined;
    const result = await this.#database.query<Record<string, unknown>>(text, [...parameters], {
      rowMode: arrays ? "array" : "object",
      ...(raw ? { parsers: PARSERS } : {}),
    });
    return resultOf(text, result);
  }

  renew(): void {}

  counts(): ConnectionCounts {
    return { open: 1, idle: this.#waiting === 0 ? 1 : 0, waiting: this.#waiting };
  }

  async end(): Promise<void> {
    await this.#database.close();
    this.#unlock();
  }
}

function resultOf(
  text: string,
  result: { rows: Record<string, unknown>[]; affectedRows?: number },
): pg.QueryResult {
  const command = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? "";
  return {
    rows: result.rows,
    rowCount: result.affectedRows ?? result.rows.length,
    command,
    oid: 0,
    fields: [],
  };
}
