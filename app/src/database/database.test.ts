import { expect, it } from "vitest";
import type { Connection } from "./connections.js";
import { databaseOver } from "./database.js";
import { unavailabilityIn } from "./errors.js";

const TIMED_OUT = Object.assign(new Error("canceling statement due to lock timeout"), { code: "55P03" });

it("treats a timeout within a transaction as busy, with nothing applied, and rolls back", async () => {
  const statements: string[] = [];
  const connection: Connection = {
    async query(config) {
      const text = typeof config === "string" ? config : config.text;
      statements.push(text);
      if (text === "slow") throw TIMED_OUT;
      return { rows: [], rowCount: 0, command: "", oid: 0, fields: [] };
    },
    release() {},
  };
  const database = databaseOver({
    connect: async () => connection,
    renew() {},
    counts: () => ({ open: 1, idle: 0, waiting: 0 }),
    async end() {},
  });
  const failure = await database
    .transaction((queries) => queries.execute("slow"))
    .catch((error: unknown) => unavailabilityIn(error));
  expect(failure).toMatchObject({ name: "DatabaseUnavailable", mayBeApplied: false });
  expect(statements).toEqual(["begin", "slow", "rollback"]);
});
