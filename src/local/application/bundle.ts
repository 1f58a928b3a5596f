import { rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { UserError } from "../../user-error.js";
import { GuardedProgram } from "./guarded-program.js";

/** Native package, which is not bundled, as in the image. */
const NATIVE_PACKAGE = "@node-rs/argon2";

export interface BundleProps {
  /** Project folder, with the application in `app`. */
  readonly projectFolder: string;
  /** Output folder. */
  readonly folder: string;
  readonly logFile: string;
  readonly signal: AbortSignal;
}

/**
 * Bundles the application like its image. From the sources it would start a second later.
 *
 * @returns the path of the program
 * @throws UserError if the build fails
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
    throw new UserError(`The application cannot be built (${logFile}):\n${building.lastLines}\n`);
  }
  const modules = join(folder, "node_modules");
  rmSync(modules, { force: true });
  symlinkSync(modulesOf(projectFolder), modules, "junction");
  return join(folder, "notejam.mjs");
}

/** Returns the node_modules folder with the application's dependencies. */
function modulesOf(projectFolder: string): string {
  const entry = createRequire(join(projectFolder, "app/package.json")).resolve(NATIVE_PACKAGE);
  return entry.slice(0, entry.lastIndexOf(join("node_modules", NATIVE_PACKAGE)) + "node_modules".length);
}
