import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import pg from "pg";
import type { DatabaseConfig } from "../config.js";
import { DatabaseUnavailable } from "./failures.js";
import { explainTls } from "./tls-failures.js";

type ServerConfig = Extract<DatabaseConfig, { kind: "server" }>;

/** The master user's login, which only a migration has. */
export interface AdminLogin {
  readonly user: string;
  readonly password: () => string;
}

/** PostgreSQL's own default. */
const SCRAM_ITERATIONS = 4096;

/**
 * Makes the login that the application uses, or gives the one there is its present password: the platform states both,
 * and Terraform, which never sees the password, cannot make it itself. May be done again at every migration.
 *
 * The login owns what its migrations create and has no right beyond this database.
 */
export async function ensureApplicationLogin(config: ServerConfig, admin: AdminLogin): Promise<void> {
  const { host, port, user, database, password, tls } = config;
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
    const login = client.escapeIdentifier(user);
    const known = await client.query("select 1 from pg_roles where rolname = $1", [user]);
    const verb = known.rowCount === 0 ? "create" : "alter";
    // The server logs such statements: it is given what it would store, never the password.
    const verifier = client.escapeLiteral(scramVerifier(password()));
    await client.query(`${verb} role ${login} login password ${verifier}`);
    await client.query(
      `grant connect, create, temporary on database ${client.escapeIdentifier(database)} to ${login}`,
    );
    await client.query(`grant usage, create on schema public to ${login}`);
  } finally {
    await client.end();
  }
}

/**
 * What PostgreSQL keeps of a password (SCRAM-SHA-256), from which the password cannot be had.
 *
 * Passwords outside ASCII would first have to be normalized (SASLprep); the platform's are ASCII.
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
