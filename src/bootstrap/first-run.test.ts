import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/fakes/local-tools.js";
import { UserError } from "../user-error.js";
import { type FirstRunProps, firstRun } from "./first-run.js";

const STACK = "notejam-bootstrap";

interface RunOptions {
  readonly exists?: boolean;
  /** Terraform command that fails. */
  readonly fails?: string;
}

/** A first run with a fake Terraform that records its commands and where each keeps the state. */
function run({ exists = false, fails }: RunOptions = {}) {
  const home = temporaryFolder();
  const folder = join(home, "cdktf.out", "stacks", STACK);
  mkdirSync(folder, { recursive: true });
  const stateFile = join(home, `terraform.${STACK}.tfstate`);
  const override = join(folder, "override.tf.json");
  const calls: string[] = [];
  const props: FirstRunProps = {
    stack: STACK,
    folder,
    stateFile,
    terraform: async (...args) => {
      const command = args.join(" ");
      const local: unknown = existsSync(override)
        ? JSON.parse(readFileSync(override, "utf8")).terraform.backend.local.path
        : undefined;
      const where = typeof local === "string" ? resolve(folder, local) : "the workspace";
      calls.push(`${command} | ${where}`);
      if (command === fails) throw new Error("it failed");
      if (command === "apply") writeFileSync(stateFile, "{}");
    },
    workspaceExists: async () => exists,
    print: () => undefined,
  };
  return { props, calls, stateFile, override };
}

describe("the first run of the bootstrap stack", () => {
  it("applies with a local state, then moves the state into the workspace and lists it there", async () => {
    const { props, calls, stateFile, override } = run();
    await firstRun(props);
    expect(calls).toEqual([
      `init -input=false -reconfigure | ${stateFile}`,
      `apply | ${stateFile}`,
      "init | the workspace",
      "state list | the workspace",
    ]);
    expect([stateFile, override].filter(existsSync)).toEqual([]);
  });

  it("is refused when the workspace exists: a second run would create all resources twice", async () => {
    const { props, calls } = run({ exists: true });
    await expect(firstRun(props)).rejects.toThrow(UserError);
    await expect(firstRun(props)).rejects.toThrow(/npx cdktf deploy notejam-bootstrap/);
    expect(calls).toEqual([]);
  });

  it("continues after an interruption, although the workspace exists now", async () => {
    const { props, calls, stateFile } = run({ exists: true });
    writeFileSync(stateFile, "{}");
    await firstRun(props);
    expect(calls).toHaveLength(4);
  });

  it.each(["apply", "init", "state list"])(
    "keeps the state file, but no override, when `%s` fails",
    async (fails) => {
      const { props, stateFile, override } = run({ fails });
      writeFileSync(stateFile, "{}");
      await expect(firstRun(props)).rejects.toThrow(/run this command again: created resources are kept/);
      expect([stateFile, override].filter(existsSync)).toEqual([stateFile]);
    },
  );
});
