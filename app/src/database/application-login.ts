import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import pg from "pg";
import type { DatabaseConfig } from "../config.js";
import { codeOf, DatabaseUnavailable } from "./errors.js";
import { explainTls } from "./tls-errors.js";

type ServerConfig = Extract<DatabaseConfig, { kind: "server" }>;

/** Login of the master user, which only migrations have. */
export interface AdminLogin {
  readonly user: string;
  readonly password: () => string;
}

/** The default of PostgreSQL. */
const SCRAM_ITERATIONS = 4096;

/** SQLSTATE insufficient_privilege: the login may not create databases. */
const INSUFFICIENT_PRIVILEGE = "42501";
/** SQLSTATEs of a database that exists or is being created by another process. */
const ALREADY_EXISTS = new Set(["42P04", "23505"]);

/** Name of the scratch database into which restore tests restore the newest backup, on the same server. */
export function restoreTestDatabaseOf(database: string): string {
  return `${database}_restore_test`;
}

/**
 * Creates the login of the application, or sets its password if it exists. Terraform knows the name of the login but
 * never its password, so Terraform cannot create it. Also creates the scratch database of restore tests, because the
 * application's login may not create databases. Safe to repeat at every migration.
 *
 * The login owns what its migrations create and has no rights outside these databases.
 */
export async function ensureApplicationLogin(config: ServerConfig, admin: AdminLogin): Promise<void> {
  const { user, database, password } = config;
  const restoreTestDatabase = restoreTestDatabaseOf(database);
  const hasRestoreTestDatabase = await asAdmin(config, admin, database, async (client) => {
    const known = await client.query("select 1 from pg_roles where rolname = $1", [user]);
    const verb = known.rowCount === 0 ? "create" : "alter";
    // The server logs such statements, so they contain the verifier instead of the password.
    const verifier = client.escapeLiteral(scramVerifier(password()));
    await client.query(`${verb} role ${client.escapeIdentifier(user)} login password ${verifier}`);
    await admit(client, database, user);
    return makeDatabase(client, restoreTestDatabase);
  });
  if (hasRestoreTestDatabase)
    await asAdmin(config, admin, restoreTestDatabase, (client) => admit(client, restoreTestDatabase, user));
}

async function asAdmin<T>(
  { host, port, tls }: ServerConfig,
  admin: AdminLogin,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    host,
    port,
    database,
    user: admin.user,
    password: admin.password(),
    ssl: tls ? { rejectUnauthorized: true, ca: tls.ca } : false,
    application_name: "notejam migrate",
  });
  try {
    await client.connect();
  } catch (error) {
    const explained = explainTls(error, host);
    throw explained === error ? error : new DatabaseUnavailable(explained, false);
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Grants the application's login the right to create and use tables in this database. */
async function admit(client: pg.Client, database: string, user: string): Promise<void> {
  const login = client.escapeIdentifier(user);
  await client.query(
    `grant connect, create, temporary on database ${client.escapeIdentifier(database)} to ${login}`,
  );
  await client.query(`grant usage, create on schema public to ${login}`);
}

/** @returns true if the database exists now. A login without the right to create it must not block a release. */
async function makeDatabase(client: pg.Client, name: string): Promise<boolean> {
  const known = await client.query("select 1 from pg_database where datname = $1", [name]);
  if (known.rowCount !== 0) return true;
  try {
    await client.query(`create database ${client.escapeIdentifier(name)}`);
    return true;
  } catch (error) {
    if (codeOf(error) === INSUFFICIENT_PRIVILEGE) return false;
    if (ALREADY_EXISTS.has(codeOf(error))) return true;
    throw error;
  }
}

/**
 * Computes the verifier that PostgreSQL stores for a password (SCRAM-SHA-256). It does not reveal the password.
 *
 * Passwords must be ASCII, as those of the platform are. Others would have to be normalized (SASLprep).
 *
 * @see https://www.postgresql.org/docs/17/catalog-pg-authid.html
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, SCRAM_ITERATIONS, 32, "sha256");
  const key = (what: string) => createHmac("sha256", salted).update(what).digest();
  const stored = createHash("sha256").update(key("Client Key")).digest("base64");
  const server = key("Server Key").toString("base64");
  return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${salt.toString("base64")}$${stored}:${server}`;
}
