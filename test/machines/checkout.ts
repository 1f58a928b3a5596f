import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";

/** Clones the last commit of this repository, without uncommitted changes. */
export function cloneInto(folder: string): string {
  execFileSync("git", ["clone", "--quiet", "--no-hardlinks", ".", folder]);
  return folder;
}

/** Copies an installed checkout, including symbolic links. */
export function copyCheckout(from: string, to: string): string {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  rmSync(join(to, ".notejam"), { recursive: true, force: true });
  return to;
}

/** Programs of a Node version from npm. */
export interface NodeInstallation {
  readonly node: string;
  /** `npm-cli.js` */
  readonly npm: string;
}

/**
 * Installs Node and npm from npm's registry.
 *
 * @param node - version such as `24.21.0`, or a range
 * @param npm - version such as `12`
 */
export async function installNode(folder: string, node: string, npm: string): Promise<NodeInstallation> {
  // The package `node` requires its install script, which only links to this package.
  const programs = `node-${process.platform}-${process.arch}`;
  await execa(
    "npm",
    [
      "install",
      "--prefix",
      folder,
      "--no-audit",
      "--no-fund",
      "--ignore-scripts",
      `${programs}@${node}`,
      `npm@${npm}`,
    ],
    { stdin: "ignore" },
  );
  return {
    node: join(folder, "node_modules", programs, "bin/node"),
    npm: join(folder, "node_modules/npm/bin/npm-cli.js"),
  };
}
