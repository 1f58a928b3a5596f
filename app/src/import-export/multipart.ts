import multipart from "@fastify/multipart";
import fp from "fastify-plugin";
import { MAX_IMPORT_BYTES } from "./limits.js";

/** Reads uploaded files as streams. https://github.com/fastify/fastify-multipart */
export default fp(
  async (app) => {
    await app.register(multipart, {
      limits: {
        files: 1,
        fields: 4,
        fieldSize: 1024,
        fieldNameSize: 64,
        parts: 5,
        fileSize: MAX_IMPORT_BYTES,
      },
      throwFileSizeLimit: true,
    });
  },
  { name: "external-multipart" },
);
