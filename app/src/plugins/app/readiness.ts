import { setTimeout as pause } from "node:timers/promises";
import fp from "fastify-plugin";
import type { Migration } from "../../database/migrator.js";
import { schemaState } from "../../database/migrator.js";

/** What readiness is measured against. */
export interface ReadinessOptions {
  readonly migrations: readonly Migration[];
}

declare module "fastify" {
  interface FastifyInstance {
    /** Why no requests should be sent here, or undefined when they may. */
    notReadyBecause(): Promise<string | undefined>;
    /** From now on no new requests should be sent here. */
    drain(): void;
  }
}

/** Probes of many load balancers are answered from memory for so long, in milliseconds. */
const FRESH = 1_000;
/** A database slower than this counts as away, in milliseconds. */
const PATIENCE = 1_000;

/** Knows whether requests can be served. */
export default fp<ReadinessOptions>(
  async (app, { migrations }) => {
    let draining = false;
    let checkedAt = Number.NEGATIVE_INFINITY;
    let checking: Promise<string | undefined> | undefined;

    async function checkDatabase(): Promise<string | undefined> {
      try {
        const { current, expected } = await schemaState(app.database, migrations);
        // A newer schema is fine: migrations first expand, and contract when no older program runs.
        return current >= expected
          ? undefined
          : `the database has schema version ${current}, ${expected} is needed: run "notejam migrate"`;
      } catch {
        return "the database does not answer";
      }
    }

    app.decorate("drain", () => {
      draining = true;
    });

    app.decorate("notReadyBecause", async () => {
      if (draining) return "shutting down";
      if (!checking || Date.now() - checkedAt > FRESH) {
        checkedAt = Date.now();
        checking = checkDatabase();
      }
      const timeUp = new AbortController();
      const late = pause(PATIENCE, "the database does not answer in time", {
        signal: timeUp.signal,
        ref: false,
      });
      late.catch(() => {});
      try {
        return await Promise.race([checking, late]);
      } finally {
        timeUp.abort();
      }
    });

    // While load balancers take this process out, its kept connections are closed one by one with an answer on each.
    app.addHook("onSend", async (_request, reply) => {
      if (draining) reply.header("connection", "close");
    });
  },
  { name: "readiness", dependencies: ["services"] },
);
