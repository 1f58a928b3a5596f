import formbody from "@fastify/formbody";
import fp from "fastify-plugin";

/** Reads posted forms, and nothing else: JSON and plain text are refused with 415. https://github.com/fastify/fastify-formbody */
export default fp(
  async (app) => {
    app.removeAllContentTypeParsers();
    await app.register(formbody, { bodyLimit: 64 * 1024 });
  },
  { name: "external-formbody" },
);
