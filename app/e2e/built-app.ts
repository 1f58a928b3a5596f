import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const PACKAGE = path.resolve(import.meta.dirname, "..");

/** The program in the form in which it is deployed: a bundle, without a compiler at run time. */
export interface Program {
  /** The file that Node runs. */
  readonly main: string;
  /** Options that the image gives Node. */
  readonly nodeOptions: readonly string[];
  remove(): void;
}

/** Settings of the image that affect the speed and memory of the program. */
export const IMAGE_ENVIRONMENT = { NODE_ENV: "production", MALLOC_ARENA_MAX: "2" } as const;

/** Node options of the image, which affect measurements. */
function nodeOptionsOfImage(): string[] {
  const dockerfile = readFileSync(path.join(PACKAGE, "Dockerfile"), "utf8");
  const command: unknown = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? "[]");
  if (!Array.isArray(command) || command.length === 0) throw new Error("The Dockerfile has no ENTRYPOINT");
  return command.map(String).filter((word) => word.startsWith("--"));
}

/** Builds the program and copies it to a folder from which Node still finds the packages that are not bundled. */
export async function buildProgram(): Promise<Program> {
  await promisify(execFile)(process.execPath, ["--import", "tsx", "build.ts"], { cwd: PACKAGE });
  const cache = path.join(PACKAGE, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, "notejam-"));
  cpSync(path.join(PACKAGE, "dist"), folder, { recursive: true });
  return {
    main: path.join(folder, "notejam.mjs"),
    nodeOptions: nodeOptionsOfImage(),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
