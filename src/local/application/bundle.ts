import { rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { UserError } from "../../user-error.js";
import { GuardedProgram } from "./guarded-program.js";

/** Compiled, and therefore beside the bundle, as in the image. */
const OUTSIDE = "@node-rs/argon2";

export interface BundleProps {
  /** The project's folder, which holds the application's in `app`. */
  readonly projectFolder: string;
  /** Where the bundle goes. */
  readonly folder: string;
  readonly logFile: string;
  readonly signal: AbortSignal;
}

/**
 * Bundles the application as its image does: from the sources, it would take a second more to start.
 *
 * @returns the path of the program
 */
export async function bundle({ projectFolder, folder, logFile, signal }: BundleProps): Promise<string> {
  const building = new GuardedProgram({
    name: "npm run build -w app",
    program: process.execPath,
    args: ["--import", "tsx", join(projectFolder, "app/build.ts"), folder],
    env: { PATH: process.env.PATH ?? "" },
    cwd: projectFolder,
    logFile,
  });
  if ((await building.finish(signal)) !== 0) {
    throw new UserError(`The application cannot be built (${logFile}):\n${building.lastWords}\n`);
  }
  const modules = join(folder, "node_modules");
  rmSync(modules, { force: true });
  symlinkSync(modulesOf(projectFolder), modules, "junction");
  return join(folder, "notejam.mjs");
}

/** The folder of dependencies that the application's own come from. */
function modulesOf(projectFolder: string): string {
  const entry = createRequire(join(projectFolder, "app/package.json")).resolve(OUTSIDE);
  return entry.slice(0, entry.lastIndexOf(join("node_modules", OUTSIDE)) + "node_modules".length);
}
