import { spawnSync } from "node:child_process";
import type { SuiteOptions } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** Missing tools for which a test was skipped: name and how to install it. */
    missingTools?: readonly string[];
  }
}

interface ToolDescription {
  /** Installation instruction, in one short sentence. */
  readonly install: string;
  /** Returns true if this machine has the tool. */
  readonly isPresent: () => boolean;
  /**
   * True if its tests are skipped even with REQUIRE_ALL_TOOLS=1.
   *
   * @default false
   */
  readonly isOptional?: boolean;
}

const succeeds = (program: string, ...args: readonly string[]) =>
  spawnSync(program, args, { stdio: "ignore" }).status === 0;

/** Tools that some tests need in addition to Node, npm, git and a shell with coreutils. */
const TOOLS = {
  "kubectl or kustomize": {
    install: "Install kubectl: https://kubernetes.io/docs/tasks/tools/#kubectl",
    isPresent: () => succeeds("kubectl", "version", "--client") || succeeds("kustomize", "version"),
  },
  moto: {
    install: "Install it in a virtual environment: pip install 'moto[server]'",
    isPresent: () => succeeds("moto_server", "--help"),
  },
  terraform: {
    install: "Install it: https://developer.hashicorp.com/terraform/install",
    isPresent: () => succeeds(process.env.TERRAFORM_BINARY_NAME || "terraform", "version"),
  },
  jq: {
    install: "Install it: https://jqlang.org/download/",
    isPresent: () => succeeds("jq", "--version"),
  },
  tar: {
    install: "Install it with your system's package manager.",
    isPresent: () => succeeds("tar", "--version"),
  },
  "permission to mount a file system": {
    install: "Run the tests as root on Linux with util-linux.",
    isPresent: () => succeeds("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"),
    isOptional: true,
  },
} satisfies Readonly<Record<string, ToolDescription>>;

/** Name of a tool in the messages. */
export type Tool = keyof typeof TOOLS;

const found = new Map<Tool, boolean>();

/** Returns true if this machine has the tool. Each tool is looked for once. */
export function hasTool(tool: Tool): boolean {
  const isPresent = found.get(tool) ?? TOOLS[tool].isPresent();
  found.set(tool, isPresent);
  return isPresent;
}

/**
 * Returns options that skip a test or a suite when its tool is missing. The reporter prints one line for each missing
 * tool, with the number of skipped tests.
 *
 * @param isPresent - result of a more precise search than {@link hasTool}
 * @throws Error with that line, so that the test file fails, if `REQUIRE_ALL_TOOLS` is 1
 */
export function needs(tool: Tool, isPresent: boolean = hasTool(tool)): SuiteOptions {
  if (isPresent) return {};
  const { install, isOptional }: ToolDescription = TOOLS[tool];
  const line = `${tool}. ${install}`;
  if (process.env.REQUIRE_ALL_TOOLS === "1" && !isOptional) {
    throw new Error(`REQUIRE_ALL_TOOLS is set. These tests need ${line}`);
  }
  return { skip: true, meta: { missingTools: [line] } };
}

/**
 * Reports that a suite is skipped because a search for its tool failed.
 *
 * @param suite - such as `local runs with real Terraform`
 * @param reason - message of the search; undefined if the tool is present
 * @throws Error so that the test file fails, if `REQUIRE_ALL_TOOLS` is 1
 */
export function reportSkipped(suite: string, reason: string | undefined): void {
  if (reason === undefined) return;
  if (process.env.REQUIRE_ALL_TOOLS === "1") {
    throw new Error(`REQUIRE_ALL_TOOLS is set, and ${suite} cannot be tested: ${reason}`);
  }
  console.warn(`SKIPPED: ${suite}. ${reason}`);
}
