import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";

const PACKAGE = path.resolve(import.meta.dirname, "..");

/** The program in the form in which it is deployed: one bundle, without a compiler at run time. */
export interface Program {
  /** The file that Node runs. */
  readonly main: string;
  remove(): void;
}

/** What the image gives Node: the heap grows in small steps, so that memory follows the load (see docs/performance.md). */
export const NODE_OPTIONS: readonly string[] = ["--max-semi-space-size=8", "--heap-growing-percent=20"];
/** What the image sets besides. */
export const IMAGE_ENVIRONMENT = { NODE_ENV: "production", MALLOC_ARENA_MAX: "2" } as const;

/** Bundles the program into a folder of its own, from where it still finds the packages that cannot be bundled. */
export async function buildProgram(): Promise<Program> {
  const cache = path.join(PACKAGE, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, "notejam-"));
  await build({
    entryPoints: [path.join(PACKAGE, "src", "main.ts")],
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "warning",
    external: ["@node-rs/argon2", "@electric-sql/pglite", "@aws-sdk/*", "pg-native"],
    // Packages written for `require` ask for it when they are loaded.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  for (const name of ["migrations", "public"]) {
    const from = path.join(PACKAGE, name);
    if (existsSync(from)) cpSync(from, path.join(folder, name), { recursive: true });
  }
  return {
    main: path.join(folder, "main.js"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
