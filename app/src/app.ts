import path from "node:path";
import type { FastifyPluginAsync } from "fastify";
import fp from "fastify-plugin";
import currentUser from "./auth/current-user.js";
import type { Config } from "./config.js";
import type { Database } from "./database/database.js";
import type { Migration } from "./database/migrator.js";
import backgroundMail from "./mail/background-mail.js";
import type { Mailer } from "./mail/mailer.js";
import csrf from "./plugins/app/csrf.js";
import errorHandler from "./plugins/app/error-handler.js";
import metrics from "./plugins/app/metrics.js";
import pages from "./plugins/app/pages.js";
import publicAddress from "./plugins/app/public-address.js";
import readiness from "./plugins/app/readiness.js";
import requestLog from "./plugins/app/request-log.js";
import services from "./plugins/app/services.js";
import trailingSlash from "./plugins/app/trailing-slash.js";
import cookie from "./plugins/external/cookie.js";
import formbody from "./plugins/external/formbody.js";
import helmet from "./plugins/external/helmet.js";
import staticFiles from "./plugins/external/static.js";
import rateLimits from "./rate-limits/plugin.js";
import routes from "./routes.js";

/** Parts of the application. */
export interface AppOptions {
  readonly config: Config;
  readonly database: Database;
  readonly mailer: Mailer;
  readonly migrations: readonly Migration[];
  /** Folder of the public files, such as the style sheet. */
  readonly publicFolder: string;
  /** Returns the current time, which dates are shown relative to. @default the system clock */
  readonly now?: () => Date;
}

/** Notejam as a plugin, without a listening server. */
const app: FastifyPluginAsync<AppOptions> = async (fastify, options) => {
  const { config, database, mailer, migrations, publicFolder, now } = options;
  const secure = config.baseUrl?.startsWith("https:") ?? false;
  const folder = path.resolve(publicFolder);

  await fastify.register(requestLog);
  await fastify.register(helmet, { secure });
  await fastify.register(cookie);
  await fastify.register(formbody);
  await fastify.register(services, { database, mailer, timeZone: config.timeZone, ...(now ? { now } : {}) });
  await fastify.register(publicAddress, { config });
  await fastify.register(metrics);
  await fastify.register(readiness, { migrations });
  await fastify.register(trailingSlash);
  await fastify.register(currentUser, { secure });
  await fastify.register(csrf, { baseUrl: config.baseUrl, secure });
  await fastify.register(pages, { folder, secure });
  await fastify.register(rateLimits, { factor: config.rateLimitFactor });
  await fastify.register(errorHandler);
  await fastify.register(backgroundMail);

  await fastify.register(staticFiles, { folder });
  await fastify.register(routes);
};

export default fp(app, { name: "notejam" });
