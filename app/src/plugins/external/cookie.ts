import cookie from "@fastify/cookie";
import fp from "fastify-plugin";

/** Reads and sets cookies. https://github.com/fastify/fastify-cookie */
export default fp(
  async (app) => {
    await app.register(cookie);
  },
  { name: "external-cookie" },
);
