import fp from "fastify-plugin";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Metrics of the application. */
export interface Metrics {
  readonly registry: Registry;
  /** Sign-in attempts: `ok`, `wrong`, `limited`. */
  readonly signIns: Counter<"result">;
  /** Changed notes: `created`, `updated`, `deleted`, `restored`, `imported`. */
  readonly notesWritten: Counter<"action">;
  /** Mails: `sent`, `failed`. */
  readonly mails: Counter<"result">;
}

declare module "fastify" {
  interface FastifyInstance {
    metrics: Metrics;
  }
}

/** Upper bounds of the histogram buckets, in seconds. */
const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Measures requests, connections and the event loop for Prometheus. */
export default fp(
  async (app) => {
    const registry = new Registry();
    const registers = [registry];
    collectDefaultMetrics({ register: registry });
    const requests = new Histogram({
      name: "notejam_http_request_duration_seconds",
      help: "Response time by route",
      labelNames: ["method", "route", "status"],
      buckets: BUCKETS,
      registers,
    });
    new Gauge({
      name: "notejam_database_connections",
      help: "Database connections by state; waiting: requests that wait for a connection",
      labelNames: ["state"],
      registers,
      collect() {
        for (const [state, count] of Object.entries(app.database.counts())) this.set({ state }, count);
      },
    });
    app.decorate("metrics", {
      registry,
      signIns: new Counter({
        name: "notejam_sign_ins_total",
        help: "Sign-in attempts",
        labelNames: ["result"],
        registers,
      }),
      notesWritten: new Counter({
        name: "notejam_notes_written_total",
        help: "Changed notes",
        labelNames: ["action"],
        registers,
      }),
      mails: new Counter({ name: "notejam_mails_total", help: "Mails", labelNames: ["result"], registers }),
    });

    app.addHook("onResponse", async (request, reply) => {
      const route = request.is404 ? "unknown" : (request.routeOptions.url ?? "unknown");
      requests.labels(request.method, route, String(reply.statusCode)).observe(reply.elapsedTime / 1000);
    });
  },
  { name: "metrics", dependencies: ["services"] },
);
