import formbody from "@fastify/formbody";
import fp from "fastify-plugin";

/** Parses posted forms. JSON and plain text are rejected with 415. https://github.com/fastify/fastify-formbody */
export default fp(
  async (app) => {
    app.removeAllContentTypeParsers();
    await app.register(formbody, { bodyLimit: 64 * 1024 });
  },
  { name: "external-formbody" },
);
