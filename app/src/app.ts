import type { AddressInfo } from "node:net";
import path from "node:path";
import type { FastifyPluginAsync } from "fastify";
import fp from "fastify-plugin";
import viewers from "./auth/current-user.js";
import resetPassword from "./auth/reset-password-routes.js";
import signIn from "./auth/sign-in-routes.js";
import type { Config } from "./config.js";
import type { Database } from "./database/database.js";
import type { Migration } from "./database/migrator.js";
import health from "./health-routes.js";
import mails from "./mail/background-mail.js";
import type { Mailer } from "./mail/mailer.js";
import forgery from "./plugins/app/csrf.js";
import failures from "./plugins/app/error-handler.js";
import methods from "./plugins/app/methods.js";
import metrics from "./plugins/app/metrics.js";
import pages from "./plugins/app/pages.js";
import readiness from "./plugins/app/readiness.js";
import requestLog from "./plugins/app/request-log.js";
import services from "./plugins/app/services.js";
import slashes from "./plugins/app/trailing-slash.js";
import cookie from "./plugins/external/cookie.js";
import formbody from "./plugins/external/formbody.js";
import helmet from "./plugins/external/helmet.js";
import staticFiles from "./plugins/external/static.js";
import rateLimits from "./rate-limits/plugin.js";
import signedIn from "./signed-in-routes.js";

/** What the application is made of. */
export interface AppOptions {
  readonly config: Config;
  readonly database: Database;
  readonly mailer: Mailer;
  readonly migrations: readonly Migration[];
  /** Folder of the style sheet and other files for everyone. */
  readonly publicFolder: string;
  /** The current time, for telling dates. @default the system's clock */
  readonly now?: () => Date;
}

/** Notejam: everything but the listening. */
const app: FastifyPluginAsync<AppOptions> = async (fastify, options) => {
  const { config, database, mailer, migrations, publicFolder, now } = options;
  const secure = config.baseUrl?.startsWith("https:") ?? false;
  const folder = path.resolve(publicFolder);

  await fastify.register(requestLog);
  await fastify.register(methods);
  await fastify.register(helmet, { secure });
  await fastify.register(cookie);
  await fastify.register(formbody);
  await fastify.register(services, { database, mailer, timeZone: config.timeZone, ...(now ? { now } : {}) });
  await fastify.register(metrics);
  await fastify.register(readiness, { migrations });
  await fastify.register(slashes);
  await fastify.register(viewers, { secure });
  await fastify.register(forgery, { baseUrl: config.baseUrl, secure });
  await fastify.register(pages, { folder, secure });
  await fastify.register(rateLimits, { factor: config.rateLimitFactor });
  await fastify.register(failures);
  await fastify.register(mails);

  await fastify.register(staticFiles, { folder });
  await fastify.register(health);
  await fastify.register(signIn, {
    publicAddress: () => config.baseUrl ?? listeningAt(fastify.addresses(), config),
  });
  await fastify.register(resetPassword);
  await fastify.register(signedIn);
};

/** The address for people when none is configured. */
export function listeningAt(
  addresses: readonly (AddressInfo | string)[],
  { host, port }: Pick<Config, "host" | "port">,
): string {
  const [bound] = addresses;
  const everywhere = host === "0.0.0.0" || host === "::";
  const name = everywhere ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${typeof bound === "object" ? bound.port : port}`;
}

export default fp(app, { name: "notejam" });
