import fp from "fastify-plugin";

/** Probes, which are called every few seconds. */
const PROBES = new Set(["/healthz", "/readyz"]);

/**
 * Logs one line per request with the route instead of the path, so that no id, search term, token, name or IP address
 * is logged.
 */
export default fp(
  async (app) => {
    app.addHook("onRequest", async (request, reply) => {
      reply.header("x-request-id", request.id);
    });

    app.addHook("onResponse", async (request, reply) => {
      const route = request.is404 ? "unknown" : request.routeOptions.url;
      if (route !== undefined && PROBES.has(route) && reply.statusCode < 400) return;
      request.log.info(
        {
          method: request.method,
          route,
          status: reply.statusCode,
          ms: Math.round(reply.elapsedTime * 10) / 10,
        },
        "request",
      );
    });
  },
  { name: "request-log" },
);
