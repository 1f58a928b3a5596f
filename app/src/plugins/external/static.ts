import staticFiles from "@fastify/static";
import fp from "fastify-plugin";

/** Options of the static files. */
export interface StaticOptions {
  /** Folder of the public files. */
  readonly folder: string;
}

/** Serves the style sheet and the icon under `/static/`. https://github.com/fastify/fastify-static */
export default fp<StaticOptions>(
  async (app, { folder }) => {
    await app.register(staticFiles, {
      root: folder,
      prefix: "/static/",
      // One route per file, so that other addresses get the normal 404 page.
      wildcard: false,
      index: false,
      decorateReply: false,
      cacheControl: false,
      setHeaders(response, file) {
        // plugins/app/pages.ts makes the versioned address of the style sheet cacheable forever.
        response.setHeader("cache-control", file.endsWith(".css") ? "no-cache" : "public, max-age=86400");
      },
    });
  },
  { name: "external-static" },
);
