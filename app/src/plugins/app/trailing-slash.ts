import fp from "fastify-plugin";

/** Redirects pages without a trailing slash to the address with it. Forms are accepted at both. */
export default fp(
  async (app) => {
    app.addHook("onRequest", async (request, reply) => {
      if (request.is404 || (request.method !== "GET" && request.method !== "HEAD")) return undefined;
      if (!request.routeOptions.url?.endsWith("/")) return undefined;
      const [path = "", ...query] = request.url.split("?");
      if (path.endsWith("/")) return undefined;
      return reply.redirect(`${path}/${query.length > 0 ? `?${query.join("?")}` : ""}`, 301);
    });
  },
  { name: "trailing-slash" },
);
