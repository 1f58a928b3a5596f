import pg from "pg";
import { readConfig, type ServerConfig } from "../config.js";
import { codeOf } from "../database/errors.js";
import { BackupError, reasonOf } from "./backup-error.js";
import { closeSession, openSession } from "./postgres-session.js";
import { tablesOf } from "./table-contents.js";

/** SQLSTATE of a database that does not exist. */
const NO_DATABASE = "3D000";
const INSUFFICIENT_PRIVILEGE = "42501";
const ALREADY_EXISTS = new Set(["42P04", "23505"]);

/**
 * Returns the database selected by `--into`.
 *
 * @param server - the configured server, used for a database name
 */
export function targetOf(into: string, server: ServerConfig): ServerConfig {
  if (!/^postgres(ql)?:\/\//.test(into)) return { ...server, database: into };
  const { database } = readConfig({
    DATABASE_URL: into,
    ...(server.tls && !new URL(into).searchParams.has("sslmode") ? { DATABASE_TLS: "verify" } : {}),
    ...(server.tls?.caFile ? { DATABASE_CA_FILE: server.tls.caFile } : {}),
  });
  if (database.kind === "server") return database;
  throw new BackupError(
    `--into: give a database's name or postgres://<user>:<password>@<host>:5432/<database>.`,
    {
      exitStatus: 2,
    },
  );
}

/** A session on a database. `isNew` is true if the database was created for it. */
export interface TargetSession {
  readonly session: pg.Client;
  readonly isNew: boolean;
}

/**
 * Opens a database and creates it if it does not exist.
 *
 * @param home - the configured server, on whose database the new one is created
 */
export async function openTarget(target: ServerConfig, home: ServerConfig): Promise<TargetSession> {
  try {
    return { session: await openSession(target, "restore"), isNew: false };
  } catch (error) {
    if (!(error instanceof BackupError) || codeOf(error.cause) !== NO_DATABASE) throw error;
  }
  const isNew = await createDatabase(target, home);
  return { session: await openSession(target, "restore"), isNew };
}

async function createDatabase(target: ServerConfig, home: ServerConfig): Promise<boolean> {
  const elsewhere = target.host !== home.host || target.port !== home.port;
  const session = await openSession(
    elsewhere ? { ...target, database: "postgres" } : { ...target, database: home.database },
    "restore",
  );
  try {
    await session.query(`create database ${pg.escapeIdentifier(target.database)}`);
    return true;
  } catch (error) {
    if (ALREADY_EXISTS.has(codeOf(error))) return false;
    const way =
      codeOf(error) === INSUFFICIENT_PRIVILEGE
        ? `the login lacks the privilege. As the master user, run: create database ${pg.escapeIdentifier(target.database)}; grant connect, create, temporary on database ${pg.escapeIdentifier(target.database)} to ${pg.escapeIdentifier(target.user)}; and, in it: grant usage, create on schema public to ${pg.escapeIdentifier(target.user)};`
        : reasonOf(error);
    throw new BackupError(`The database ${target.database} does not exist and cannot be created: ${way}`, {
      cause: error,
    });
  } finally {
    await closeSession(session);
  }
}

/** Drops a database that was created for a failed restore, unless it contains tables. */
export async function dropEmptyDatabase(target: ServerConfig, home: ServerConfig): Promise<void> {
  if (!(await isEmpty(target))) return;
  const sameServer = target.host === home.host && target.port === home.port;
  const session = await openSession(
    { ...target, database: sameServer ? home.database : "postgres" },
    "restore",
  );
  try {
    await session.query(`drop database if exists ${pg.escapeIdentifier(target.database)}`);
  } finally {
    await closeSession(session);
  }
}

async function isEmpty(target: ServerConfig): Promise<boolean> {
  const session = await openSession(target, "restore");
  try {
    return (await tablesOf(session, "public")).length === 0;
  } finally {
    await closeSession(session);
  }
}
