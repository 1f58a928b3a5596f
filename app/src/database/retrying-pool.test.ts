import type pg from "pg";
import { describe, expect, it } from "vitest";
import type { Connections } from "./connections.js";
import { RetryingPool, type RetryRule } from "./retrying-pool.js";

const LOST = Object.assign(new Error("terminating connection"), { code: "57P01" });
const RESET = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
const READ_ONLY = Object.assign(new Error("read-only transaction"), { code: "25006" });
const TOO_SLOW = Object.assign(new Error("statement timeout"), { code: "57014" });
const WRONG = Object.assign(new Error("division by zero"), { code: "22012" });
const REFUSED = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

const ANSWER: pg.QueryResult = { rows: [], rowCount: 0, command: "", oid: 0, fields: [] };

/** A database whose statements and connections fail as specified, then succeed. */
function failing(rule: RetryRule, failures: { statements?: Error[]; connections?: Error[] }) {
  const seen = { statements: 0, connections: 0, destroyed: 0, renewed: 0 };
  const connections: Connections = {
    async connect() {
      const failure = failures.connections?.[seen.connections];
      seen.connections += 1;
      if (failure) throw failure;
      return {
        async query() {
          const error = failures.statements?.[seen.statements];
          seen.statements += 1;
          if (error) throw error;
          return ANSWER;
        },
        release(destroy) {
          if (destroy) seen.destroyed += 1;
        },
      };
    },
    renew() {
      seen.renewed += 1;
    },
    counts: () => ({ open: 0, idle: 0, waiting: 0 }),
    async end() {},
  };
  return { pool: new RetryingPool(connections, rule), seen };
}

describe("a read", () => {
  it.each([LOST, RESET])("is done again on a new connection after %s, once", async (error) => {
    const once = failing("reads", { statements: [error] });
    await expect(once.pool.query("select 1")).resolves.toBe(ANSWER);
    expect(once.seen).toMatchObject({ statements: 2, destroyed: 1 });
    const twice = failing("reads", { statements: [error, error] });
    await expect(twice.pool.query("select 1")).rejects.toMatchObject({ name: "DatabaseUnavailable" });
    expect(twice.seen.statements).toBe(2);
  });
});

describe("a write", () => {
  it.each([LOST, RESET])("is not done again after %s, for it may have taken effect", async (error) => {
    const { pool, seen } = failing("writes", { statements: [error] });
    await expect(pool.query("insert")).rejects.toMatchObject({
      name: "DatabaseUnavailable",
      mayBeApplied: true,
    });
    expect(seen).toMatchObject({ statements: 1, destroyed: 1 });
  });

  it("is done again when the server only reads, on connections that find the new writer", async () => {
    const { pool, seen } = failing("writes", { statements: [READ_ONLY] });
    await expect(pool.query("insert")).resolves.toBe(ANSWER);
    expect(seen).toMatchObject({ statements: 2, destroyed: 1, renewed: 1 });
    const still = failing("writes", { statements: [READ_ONLY, READ_ONLY] });
    await expect(still.pool.query("insert")).rejects.toMatchObject({ mayBeApplied: false });
  });

  it("is repeated if no connection could be opened", async () => {
    const { pool, seen } = failing("writes", { connections: [REFUSED] });
    await expect(pool.query("insert")).resolves.toBe(ANSWER);
    expect(seen).toMatchObject({ connections: 2, statements: 1 });
  });
});

it.each(["reads", "writes"] as const)(
  "%s that took too long or are wrong are not done again",
  async (rule) => {
    const slow = failing(rule, { statements: [TOO_SLOW] });
    await expect(slow.pool.query("x")).rejects.toMatchObject({
      name: "DatabaseUnavailable",
      mayBeApplied: false,
    });
    const wrong = failing(rule, { statements: [WRONG] });
    await expect(wrong.pool.query("x")).rejects.toBe(WRONG);
    expect([slow.seen.statements, wrong.seen]).toEqual([
      1,
      { statements: 1, connections: 1, destroyed: 0, renewed: 0 },
    ]);
  },
);
