import { randomBytes } from "node:crypto";
import Fastify, { type FastifyInstance, type FastifyReply, LogController } from "fastify";
import app, { type AppOptions } from "./app.js";
import { loggedError } from "./logged-error.js";
import { document } from "./views/layout.js";
import { messagePage } from "./views/message-page.js";

// An AWS load balancer reuses connections for 60 seconds. The server must close them later.
const KEEP_ALIVE = 72_000;
/** Maximum time until a request has arrived completely, in milliseconds. */
const REQUEST_TIMEOUT = 60_000;
/** Maximum length of a route parameter: ids and tokens. */
const MAX_PARAMETER_LENGTH = 100;

/** Destination of the log. @default standard output */
export interface ServerOptions extends AppOptions {
  readonly logTo?: { write(line: string): void };
}

/** Creates request ids that are unique across processes. */
function requestIds(): () => string {
  const process = randomBytes(6).toString("hex");
  let last = 0;
  return () => {
    last += 1;
    return `${process}-${last.toString(36)}`;
  };
}

/** Builds the HTTP server. It is not listening yet. */
export async function buildServer({ logTo, ...options }: ServerOptions): Promise<FastifyInstance> {
  const { logLevel, trustProxy } = options.config;
  const server: FastifyInstance = Fastify({
    logger: {
      level: logLevel,
      base: { app: "notejam" },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      // IP addresses and visited paths are personal data and are not logged.
      serializers: {
        req: ({ method }) => ({ method }),
        res: ({ statusCode }) => ({ statusCode }),
        err: loggedError,
      },
      ...(logTo ? { stream: logTo } : {}),
    },
    // plugins/app/request-log.ts logs one line per request instead.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds(),
    requestIdHeader: false,
    // The first hop is the directly connected client.
    trustProxy: typeof trustProxy === "number" ? (_address, hop) => hop < trustProxy : [...trustProxy],
    keepAliveTimeout: KEEP_ALIVE,
    requestTimeout: REQUEST_TIMEOUT,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAMETER_LENGTH },
    // Malformed addresses. Fastify rejects them before any plugin runs.
    frameworkErrors(error, _request, reply: FastifyReply) {
      const page = messagePage({ title: "Page not found", text: "There is nothing at this address." });
      const frame = { email: undefined, flash: undefined, stylesheet: "/static/css/style.css" };
      return reply
        .code(error.statusCode === 414 ? 414 : 404)
        .header("content-security-policy", "default-src 'none'; style-src 'self'; img-src 'self'")
        .header("x-content-type-options", "nosniff")
        .type("text/html; charset=utf-8")
        .send(document(frame, page));
    },
  });
  await server.register(app, options);
  return server;
}
