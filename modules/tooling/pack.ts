import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type PackageExports, publishedExports, repositoryExports } from "./package-exports.js";

/**
 * npm's `prepack` and `postpack`. In the repository, `exports` points at the TypeScript sources, so that no build is
 * needed. The published package contains compiled files instead.
 *
 * Usage: pack.ts prepare | restore
 */
const PACKAGE_FILE = fileURLToPath(new URL("../package.json", import.meta.url));
const BUILD_SETTINGS = fileURLToPath(new URL("../tsconfig.build.json", import.meta.url));
const OUTPUT = fileURLToPath(new URL("../dist", import.meta.url));

function compile(): void {
  rmSync(OUTPUT, { recursive: true, force: true });
  execFileSync("tsc", ["--project", BUILD_SETTINGS], { stdio: "inherit" });
}

function rewriteExports(change: (exports: PackageExports) => PackageExports): void {
  const manifest: { exports: PackageExports } = JSON.parse(readFileSync(PACKAGE_FILE, "utf8"));
  const changed = { ...manifest, exports: change(manifest.exports) };
  writeFileSync(PACKAGE_FILE, `${JSON.stringify(changed, null, 2)}\n`);
}

const [step] = process.argv.slice(2);
if (step === "prepare") {
  compile();
  rewriteExports(publishedExports);
} else if (step === "restore") {
  rewriteExports(repositoryExports);
} else {
  throw new Error(`Unknown step "${step}". Use "prepare" or "restore".`);
}
