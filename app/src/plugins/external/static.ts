import staticFiles from "@fastify/static";
import fp from "fastify-plugin";

/** Where the files are. */
export interface StaticOptions {
  /** Folder of the files that anyone may read. */
  readonly folder: string;
}

/** Serves the style sheet and the icon under `/static/`. https://github.com/fastify/fastify-static */
export default fp<StaticOptions>(
  async (app, { folder }) => {
    await app.register(staticFiles, {
      root: folder,
      prefix: "/static/",
      // One route per file: any other address below is an unknown one like all others.
      wildcard: false,
      index: false,
      decorateReply: false,
      cacheControl: false,
      setHeaders(response, file) {
        // By the address that pages name, plugins/app/pages.ts has the style sheet kept for good.
        response.setHeader("cache-control", file.endsWith(".css") ? "no-cache" : "public, max-age=86400");
      },
    });
  },
  { name: "external-static" },
);
