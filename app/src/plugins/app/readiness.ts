import { setTimeout as pause } from "node:timers/promises";
import fp from "fastify-plugin";
import type { Migration } from "../../database/migrator.js";
import { schemaState } from "../../database/migrator.js";

/** Options of the readiness check. */
export interface ReadinessOptions {
  readonly migrations: readonly Migration[];
}

declare module "fastify" {
  interface FastifyInstance {
    /** Returns the reason why this process cannot serve requests, or undefined if it can. */
    notReadyBecause(): Promise<string | undefined>;
    /** Reports this process as not ready from now on. */
    drain(): void;
  }
}

/** Time for which a result is reused, in milliseconds. Many load balancers probe at once. */
const FRESH = 1_000;
/** Timeout of the database check, in milliseconds. */
const CHECK_TIMEOUT = 1_000;

/** Checks whether this process can serve requests. */
export default fp<ReadinessOptions>(
  async (app, { migrations }) => {
    let draining = false;
    let checkedAt = Number.NEGATIVE_INFINITY;
    let checking: Promise<string | undefined> | undefined;

    async function checkDatabase(): Promise<string | undefined> {
      try {
        const { current, expected } = await schemaState(app.database, migrations);
        // A newer schema is accepted: migrations first expand the schema, and contract it when no older release runs.
        return current >= expected
          ? undefined
          : `the database has schema version ${current}, but version ${expected} is required: run "notejam migrate"`;
      } catch {
        return "the database does not respond";
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
      const late = pause(CHECK_TIMEOUT, "the database does not respond in time", {
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

    // During the drain, each keep-alive connection is closed with its next response.
    app.addHook("onSend", async (_request, reply) => {
      if (draining) reply.header("connection", "close");
    });
  },
  { name: "readiness", dependencies: ["services"] },
);
