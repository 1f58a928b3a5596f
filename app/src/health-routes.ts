import type { FastifyPluginAsync } from "fastify";

/** Routes for probes, without cookies, rate limits and redirects. */
const health: FastifyPluginAsync = async (app) => {
  app.get("/healthz", async (_request, reply) => {
    return reply.header("cache-control", "no-store").type("text/plain").send("ok\n");
  });

  app.get("/readyz", async (_request, reply) => {
    const reason = await app.notReadyBecause();
    return reply
      .code(reason === undefined ? 200 : 503)
      .header("cache-control", "no-store")
      .type("text/plain")
      .send(reason === undefined ? "ready\n" : `${reason}\n`);
  });
};

export default health;
