import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { readConfig } from "../src/config.js";
import { type Database, openDatabase } from "../src/database/database.js";
import { migrate, readMigrations } from "../src/database/migrator.js";
import { MIGRATIONS_FOLDER } from "../src/folders.js";
import { freeze } from "./frozen-server.js";
import { startNotejam, type TestNotejam } from "./notejam.js";
import { PostgresServer } from "./postgres-server.js";
import { needs } from "./required-tools.js";
import type { Answer, Visitor } from "./visitor.js";

/** Maximum time until every request is answered, in milliseconds. */
const IN_TIME = 11_000;
/** Maximum time until everything works again, in milliseconds. */
const RECOVERY = 5_000;
const WRITES = 15;

describe.runIf(process.platform === "linux")(
  "while the database is frozen",
  needs("a PostgreSQL server"),
  () => {
    let server: PostgresServer;
    let database: Database;
    let notejam: TestNotejam;
    let person: Visitor;
    beforeAll(async () => {
      server = await PostgresServer.start(inject("postgresPrograms"));
      const { database: config } = readConfig({ DATABASE_URL: server.url("postgres"), DATABASE_POOL: "4" });
      database = await openDatabase(config, { onIdleError: () => {} });
      await migrate(database, readMigrations(MIGRATIONS_FOLDER));
      notejam = await startNotejam(database);
      person = await notejam.person();
    });
    afterAll(async () => {
      await notejam?.app.close();
      await database?.end();
      await server?.remove();
    });

    async function timed(asked: Promise<Answer>): Promise<{ answer: Answer; after: number }> {
      const start = performance.now();
      return { answer: await asked, after: performance.now() - start };
    }

    it("answers everybody in time, is not ready, recovers, and neither loses nor doubles a note", async () => {
      const { fields } = (await person.get("/notes/create/")).form;
      const write = (name: string) => person.post("/notes/create/", { ...fields, name, text: "t" });
      const names = Array.from({ length: WRITES }, (_, number) => `frozen ${number}`);

      const thaw = freeze(server);
      let thawed = false;
      try {
        const reads = Array.from({ length: 5 }, () => timed(person.get("/")));
        const writes = names.map((name) => timed(write(name)));
        expect((await person.get("/healthz")).status).toBe(200);
        const ready = await timed(person.get("/readyz"));
        expect(ready.answer.status).toBe(503);
        expect(ready.after).toBeLessThan(2_000);

        const [seen, told] = await Promise.all([Promise.all(reads), Promise.all(writes)]);
        for (const { answer, after } of [...seen, ...told]) {
          expect([answer.status, answer.raw.headers["retry-after"]]).toEqual([503, "5"]);
          expect(after).toBeLessThan(IN_TIME);
        }

        thaw();
        thawed = true;
        const start = performance.now();
        await expect.poll(async () => (await person.get("/readyz")).status, { timeout: RECOVERY }).toBe(200);
        await expect.poll(async () => (await write("afterwards")).status, { timeout: RECOVERY }).toBe(303);
        expect(performance.now() - start).toBeLessThan(RECOVERY);
        // By now the server has applied every statement that reached it.
        await pause(500);

        const { rows } = await server.query(
          "postgres",
          "select name, count(*)::int as count from notes group by name",
        );
        const stored = new Map(rows.map(({ name, count }): [string, number] => [name, count]));
        expect(stored.get("afterwards")).toBe(1);
        expect([...stored.values()].filter((count) => count > 1)).toEqual([]);
        const denied = names.filter((_, number) => told[number]?.answer.body.includes("was not saved"));
        expect(denied.filter((name) => stored.has(name))).toEqual([]);
      } finally {
        if (!thawed) thaw();
      }
    });

    it("serves requests immediately if it thaws before a timeout", async () => {
      const thaw = freeze(server);
      const waiting = person.get("/");
      await pause(1_500);
      thaw();
      expect((await waiting).status).toBe(200);
    });
  },
);
