import type { Server } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import closeWithGrace from "close-with-grace";
import type { FastifyInstance } from "fastify";
import type { Config } from "./config.js";
import { type Database, openDatabase } from "./database/database.js";
import { migrateDatabase } from "./database/migrate.js";
import { migrate, readMigrations } from "./database/migrator.js";
import { MIGRATIONS_FOLDER, PUBLIC_FOLDER } from "./folders.js";
import { openMailer } from "./mail/mailer.js";
import { startMetricsServer } from "./metrics-server.js";
import { buildServer } from "./server.js";

/** Options of `notejam serve`. */
export interface ServeOptions {
  /** Applies migrations before serving. The embedded database is always migrated. */
  readonly migrate: boolean;
}

/** Time for pending requests after the drain, in milliseconds. Kubernetes kills after 30 seconds. */
const LAST_REQUESTS_TIMEOUT = 8_000;

/** Serves Notejam until a signal ends it. */
export async function serve(config: Config, options: ServeOptions): Promise<void> {
  const migrations = readMigrations(MIGRATIONS_FOLDER);
  if (options.migrate && config.database.kind === "server") await migrateDatabase(config);
  let server: FastifyInstance | undefined;
  const database = await openDatabase(config.database, {
    onIdleError: (error) => server?.log.warn({ reason: error.message }, "idle database connection lost"),
  });
  if (config.database.kind === "folder") await migrate(database, migrations);
  server = await buildServer({
    config,
    database,
    mailer: openMailer(config),
    migrations,
    publicFolder: PUBLIC_FOLDER,
  });
  const metrics = await listenForMetrics(server, config);
  stopGracefully(server, database, metrics, config);
  await listen(server, config);
}

async function listen(server: FastifyInstance, config: Config): Promise<void> {
  await server.listen({ host: config.host, port: config.port, listenTextResolver: () => "listening" });
  const address = server.publicAddress();
  const seconds = Math.round(process.uptime() * 100) / 100;
  server.log.info({ address, seconds }, `Notejam is at ${address}`);
  if (process.stdout.isTTY) process.stdout.write(`\n  Notejam is at ${address}\n\n`);
  const reason = await server.notReadyBecause();
  if (reason !== undefined) server.log.warn({ reason }, "not ready");
}

async function listenForMetrics(server: FastifyInstance, config: Config): Promise<Server | undefined> {
  const { host, metricsPort, metricsRequired } = config;
  if (metricsPort === undefined) return undefined;
  try {
    return await startMetricsServer(server.metrics.registry, host, metricsPort);
  } catch (error) {
    if (metricsRequired) throw error;
    server.log.warn(
      { port: metricsPort },
      "the metrics port is in use, so metrics are disabled; set METRICS_PORT to another port",
    );
    return undefined;
  }
}

/**
 * Reports not ready first, then keeps serving until load balancers have noticed, then finishes pending requests and
 * closes everything.
 */
function stopGracefully(
  server: FastifyInstance,
  database: Database,
  metrics: Server | undefined,
  config: Config,
): void {
  const delay = config.drainSeconds * 1000 + LAST_REQUESTS_TIMEOUT + 5_000;
  closeWithGrace({ delay, logger: false }, async ({ signal, err }) => {
    if (err) server.log.fatal({ err }, "unexpected failure: stopping");
    server.drain();
    if (signal === "SIGTERM") {
      server.log.info({ seconds: config.drainSeconds }, "draining");
      await pause(config.drainSeconds * 1000);
    }
    const cut = setTimeout(
      () => server.server.closeAllConnections(),
      signal === "SIGINT" ? 500 : LAST_REQUESTS_TIMEOUT,
    );
    await server.close();
    clearTimeout(cut);
    metrics?.close();
    metrics?.closeAllConnections();
    await database.end();
    server.log.info("stopped");
  });
}
