import fp from "fastify-plugin";

/** Addresses that probes call every few seconds. */
const PROBES = new Set(["/healthz", "/readyz"]);

/**
 * One line for each request: the route, not the address, so that no id, search or token is logged,
 * and nobody's name or IP address.
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
