import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { readConfig } from "../src/config.js";
import { ensureApplicationLogin } from "../src/database/application-login.js";
import { openDatabase } from "../src/database/database.js";
import { Authority, serveTls } from "./authority.js";
import { PostgresServer } from "./postgres-server.js";
import { needs } from "./required-tools.js";

describe("the way to the database", needs("a PostgreSQL server"), () => {
  let folder: string;
  let server: PostgresServer;
  let known: Authority;
  let unknown: Authority;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "notejam-tls-"));
    known = new Authority(folder, "known");
    unknown = new Authority(folder, "unknown");
    server = await PostgresServer.start(inject("postgresPrograms"));
    await serveTls(server, known.issue("localhost"));
  });
  afterAll(async () => {
    await server?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** True if the server sees an encrypted connection. */
  async function connect(environment: Record<string, string>): Promise<boolean> {
    const config = readConfig({
      POSTGRES_USER: "notejam",
      POSTGRES_PASS: "secret",
      POSTGRES_DB: "postgres",
      POSTGRES_URL: `localhost:${server.port}`,
      ...environment,
    });
    const database = await openDatabase(config.database, { onIdleError: () => {} });
    try {
      const found = await database.withConnection((connection) =>
        connection.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()"),
      );
      return found.rows[0].ssl;
    } finally {
      await database.end();
    }
  }

  it("is encrypted to a server that the given authority vouches for", async () => {
    expect(await connect({ DATABASE_TLS: "verify", DATABASE_CA_FILE: known.certificate })).toBe(true);
  });

  it("is not encrypted unless asked for", async () => {
    expect(await connect({})).toBe(false);
  });

  it("is asked for by sslmode in the address too", async () => {
    const url = `postgres://notejam@localhost:${server.port}/postgres?sslmode=verify-full`;
    const authority = { DATABASE_CA_FILE: known.certificate };
    expect(await connect({ DATABASE_URL: url, ...authority })).toBe(true);
    await expect(connect({ DATABASE_URL: url, DATABASE_CA_FILE: unknown.certificate })).rejects.toThrow(
      /DATABASE_CA_FILE/,
    );
  });

  it.each(["another authority", "no authority but the usual ones"])("is rejected with %s", async (which) => {
    const authority: Record<string, string> =
      which === "another authority" ? { DATABASE_CA_FILE: unknown.certificate } : {};
    await expect(connect({ DATABASE_TLS: "verify", ...authority })).rejects.toThrow(
      /certificate of localhost is not signed by .* DATABASE_CA_FILE/,
    );
  });

  it("is rejected for a server with another name than its certificate", async () => {
    const elsewhere = { POSTGRES_URL: `127.0.0.1:${server.port}` };
    await expect(
      connect({ DATABASE_TLS: "verify", DATABASE_CA_FILE: known.certificate, ...elsewhere }),
    ).rejects.toThrow(/127\.0\.0\.1 has a certificate for another name \(DNS:localhost\)/);
  });

  it("is verified for the master user's login, too, before any change", async () => {
    const { database } = readConfig({
      ...{ POSTGRES_USER: "made", POSTGRES_PASS: "secret", POSTGRES_DB: "postgres" },
      ...{ POSTGRES_ADMIN_USER: "notejam", POSTGRES_ADMIN_PASS: "secret" },
      ...{ POSTGRES_URL: `localhost:${server.port}`, DATABASE_TLS: "verify" },
      DATABASE_CA_FILE: unknown.certificate,
    });
    if (database.kind !== "server" || !database.admin) throw new Error("no server");
    await expect(ensureApplicationLogin(database, database.admin)).rejects.toThrow(/not signed by/);
    expect((await server.query("postgres", "select 1 from pg_roles where rolname = 'made'")).rows).toEqual(
      [],
    );
  });

  it("is rejected for a server without TLS", async () => {
    const plain = await PostgresServer.start(inject("postgresPrograms"));
    try {
      await expect(
        connect({ DATABASE_TLS: "verify", POSTGRES_URL: `localhost:${plain.port}` }),
      ).rejects.toThrow(/does not support TLS, which DATABASE_TLS requires/);
    } finally {
      await plain.remove();
    }
  });
});
