import { cp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";

// One file starts faster than a thousand, and needs no folder of dependencies: only what cannot be bundled
// stays outside. The image has no embedded PostgreSQL, it always runs on a server.
const OUTSIDE = ["@node-rs/argon2", "@electric-sql/pglite", "pg-native"];

const here = import.meta.dirname ?? path.resolve(".");
// Optional argument: another output folder, such as that of npm start.
const dist = path.resolve(process.argv[2] ?? path.join(here, "dist"));

await rm(dist, { recursive: true, force: true });
await build({
  entryPoints: [path.join(here, "src/main.ts")],
  outdir: dist,
  outExtension: { ".js": ".mjs" },
  entryNames: "notejam",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  // What a command does not use is not loaded.
  splitting: true,
  minifySyntax: true,
  sourcemap: "linked",
  sourcesContent: false,
  platform: "node",
  target: "node24",
  format: "esm",
  external: OUTSIDE,
  // Bundled CommonJS modules ask for Node's own modules in their way.
  banner: {
    js: "import { createRequire as requireMaker } from 'node:module'; const require = requireMaker(import.meta.url);",
  },
  logLevel: "warning",
});
for (const folder of ["migrations", "public"])
  await cp(path.join(here, folder), path.join(dist, folder), { recursive: true });
await writeFile(path.join(dist, "package.json"), '{ "type": "module" }\n');
