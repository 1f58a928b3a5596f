import pg from "pg";
import { describe, expect, it } from "vitest";
import { type Config, ConfigError, readConfig } from "../src/config.js";
import { migrateDatabase } from "../src/database/migrate.js";
import { createDatabase } from "./databases.js";
import { needs } from "./required-tools.js";

/** Configuration of a migration in the cluster: the login of the application and that of the master user. */
async function migrationOf(
  user: string,
  password: string,
): Promise<{ config: Config; admin: string; url: URL }> {
  const admin = await createDatabase("template0");
  const url = new URL(admin);
  const config = readConfig({
    POSTGRES_USER: user,
    POSTGRES_PASS: password,
    POSTGRES_DB: url.pathname.slice(1),
    POSTGRES_URL: `${url.hostname}:${url.port || 5432}`,
    POSTGRES_ADMIN_USER: url.username,
    POSTGRES_ADMIN_PASS: url.password || "unused",
  });
  return { config, admin, url };
}

async function ask(connectionString: string, query: string, values: unknown[] = []): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(query, values)).rows;
  } finally {
    await client.end();
  }
}

describe("migrating with the master user's login", needs("a PostgreSQL server"), () => {
  it("makes the application's login, which owns the schema and is no superuser", async () => {
    const user = `app_${Date.now()}`;
    const { config, admin } = await migrationOf(user, "a-password-of-16");
    expect(await migrateDatabase(config)).not.toEqual([]);
    expect(await migrateDatabase(config)).toEqual([]);
    expect(
      await ask(
        admin,
        "select rolsuper, rolcreaterole, rolcreatedb, rolcanlogin from pg_roles where rolname = $1",
        [user],
      ),
    ).toEqual([{ rolsuper: false, rolcreaterole: false, rolcreatedb: false, rolcanlogin: true }]);
    expect(await ask(admin, "select distinct tableowner from pg_tables where schemaname = 'public'")).toEqual(
      [{ tableowner: user }],
    );
  });

  it("sets the password by what PostgreSQL keeps of it, so that no log of statements can hold it", async () => {
    const user = `app_scram_${Date.now()}`;
    const { config, admin } = await migrationOf(user, "correct-horse-battery");
    await migrateDatabase(config);
    const [row] = await ask(admin, "select rolpassword from pg_authid where rolname = $1", [user]);
    expect(row).toEqual({ rolpassword: expect.stringMatching(/^SCRAM-SHA-256\$4096:/) });
    const { scramVerifier } = await import("../src/database/application-login.js");
    const [, salt = ""] = /:([^$]+)\$/.exec(String(Object(row).rolpassword)) ?? [];
    expect(Object(row).rolpassword).toBe(scramVerifier("correct-horse-battery", Buffer.from(salt, "base64")));
    expect(Object(row).rolpassword).not.toBe(scramVerifier("another", Buffer.from(salt, "base64")));
  });

  it("quotes names and passwords of any kind", async () => {
    const user = `odd"name_${Date.now()}`;
    const { config, admin } = await migrationOf(user, `it's "odd"\\; drop table notes`);
    expect(await migrateDatabase(config)).not.toEqual([]);
    expect(await ask(admin, "select count(*)::int as n from pg_roles where rolname = $1", [user])).toEqual([
      { n: 1 },
    ]);
  });
});

it("rejects half of the master user's login", () => {
  expect(() => readConfig({ POSTGRES_ADMIN_USER: "notejam_admin" })).toThrow(ConfigError);
  expect(() => readConfig({ POSTGRES_ADMIN_USER: "notejam_admin" })).toThrow(
    /POSTGRES_ADMIN_PASS: set both or neither/,
  );
});
