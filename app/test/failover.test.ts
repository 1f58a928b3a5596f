import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { readConfig } from "../src/config.js";
import { type Database, openDatabase } from "../src/database/database.js";
import { migrate, readMigrations } from "../src/database/migrator.js";
import { MIGRATIONS_FOLDER } from "../src/folders.js";
import { makeNote, startNotejam, type TestNotejam } from "./notejam.js";
import { PostgresServer } from "./postgres-server.js";
import { needs } from "./required-tools.js";
import type { Visitor } from "./visitor.js";

describe("while the database fails", needs("a PostgreSQL server"), () => {
  let server: PostgresServer;
  let database: Database;
  let notejam: TestNotejam;
  let app: FastifyInstance;
  let person: Visitor;
  beforeAll(async () => {
    server = await PostgresServer.start(inject("postgresPrograms"));
    database = await openDatabase(readConfig({ DATABASE_URL: server.url("postgres") }).database, {
      onIdleError: () => {},
    });
    await migrate(database, readMigrations(MIGRATIONS_FOLDER));
    notejam = await startNotejam(database);
    app = notejam.app;
    person = await notejam.person();
    await makeNote(person, "Kept");
  });
  afterAll(async () => {
    await app.close();
    await database.end();
    await server.remove();
  });

  const ready = async () => (await person.get("/readyz")).status;

  it("answers 503 in the site's design with Retry-After, stays alive, and recovers by itself", async () => {
    const { fields } = (await person.get("/notes/create/")).form;
    await server.kill();
    const page = await person.get("/");
    expect([page.status, page.title, page.raw.headers["retry-after"]]).toEqual([
      503,
      "Notejam cannot reach its notes",
      "5",
    ]);
    expect(page.body).toContain('class="bold-header"');
    const posted = await person.post("/notes/create/", { ...fields, name: "Lost", text: "t" });
    expect(posted.status).toBe(503);
    expect((await person.get("/healthz")).status).toBe(200);
    await expect.poll(ready, { timeout: 3_000 }).toBe(503);
    expect((await person.get("/nothing/")).status).toBe(404);
    expect((await notejam.visitor().get("/signin/")).status).toBe(200);
    await server.resume();
    expect((await person.get("/")).title).toBe("All notes (1)");
    await expect.poll(ready, { timeout: 3_000 }).toBe(200);
    expect((await person.post("/notes/create/", { ...fields, name: "Saved", text: "t" })).status).toBe(303);
  });

  it("repeats reads if their connections were cut", async () => {
    for (let round = 0; round < 3; round += 1) {
      await Promise.all([person.get("/"), person.get("/trash/"), person.get("/search/?q=a")]);
      await server.query(
        "postgres",
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'notejam'",
      );
      expect((await person.get("/")).status).toBe(200);
    }
  });

  it("serves reads and rejects writes while the server is read-only, and says that nothing was saved", async () => {
    const before = (await person.get("/")).title;
    const { fields } = (await person.get("/notes/create/")).form;
    await server.query("postgres", "alter system set default_transaction_read_only = on");
    await server.query("postgres", "select pg_reload_conf()");
    await expect
      .poll(async () => (await server.query("postgres", "show transaction_read_only")).rows[0])
      .toEqual({
        transaction_read_only: "on",
      });
    const refused = await person.post("/notes/create/", { ...fields, name: "Refused", text: "t" });
    expect([refused.status, refused.body.includes("Your change was not saved")]).toEqual([503, true]);
    expect((await person.get("/")).title).toBe(before);
    await server
      .query("postgres", "set transaction read write; alter system reset default_transaction_read_only")
      .catch(() => {});
    await server.stop();
    await server.resume("default_transaction_read_only=off");
    expect((await person.post("/notes/create/", { ...fields, name: "Accepted", text: "t" })).status).toBe(
      303,
    );
  });

  it("never doubles and never loses an acknowledged note while connections are cut", async () => {
    const { fields } = (await person.get("/notes/create/")).form;
    const acknowledged: string[] = [];
    let stop = false;
    const cutting = (async () => {
      while (!stop) {
        await server
          .query(
            "postgres",
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'notejam'",
          )
          .catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const statuses = new Set<number>();
    for (let number = 0; number < 125; number += 5) {
      const names = [0, 1, 2, 3, 4].map((offset) => `cut ${number + offset}`);
      await Promise.all(
        names.map(async (name) => {
          const { status } = await person.post("/notes/create/", { ...fields, name, text: "t" });
          statuses.add(status);
          if (status === 303) acknowledged.push(name);
        }),
      );
    }
    stop = true;
    await cutting;
    const stored = await server.query(
      "postgres",
      "select name, count(*)::int as n from notes where name like 'cut %' group by name",
    );
    const counts = new Map(stored.rows.map(({ name, n }) => [name, n]));
    expect(acknowledged.filter((name) => !counts.has(name))).toEqual([]);
    expect([...counts.values()].filter((n) => n > 1)).toEqual([]);
    expect([...statuses].filter((status) => status !== 303 && status !== 503)).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(20);
  });

  it("is not ready before the schema is there, and then is", async () => {
    await server.query("postgres", "create database empty");
    const empty = await openDatabase(readConfig({ DATABASE_URL: server.url("empty") }).database, {
      onIdleError: () => {},
    });
    const early = await startNotejam(empty);
    const answer = await early.visitor().get("/readyz");
    expect([answer.status, answer.body]).toEqual([503, expect.stringContaining('run "notejam migrate"')]);
    await migrate(empty, readMigrations(MIGRATIONS_FOLDER));
    await expect
      .poll(async () => (await early.visitor().get("/readyz")).status, { timeout: 3_000 })
      .toBe(200);
    early.app.drain();
    const draining = await early.visitor().get("/readyz");
    expect([draining.status, draining.body]).toEqual([503, "shutting down\n"]);
    expect((await early.visitor().get("/healthz")).status).toBe(200);
    expect((await early.visitor().get("/signin/")).raw.headers.connection).toBe("close");
    await early.app.close();
    await empty.end();
  });
});
