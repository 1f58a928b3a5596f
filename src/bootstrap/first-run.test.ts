import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/fakes/local-tools.js";
import { FirstRunProblem, type FirstRunProps, firstRun } from "./first-run.js";

const STACK = "notejam-bootstrap";

interface Told {
  readonly exists?: boolean;
  /** The command of Terraform that fails. */
  readonly fails?: string;
}

/** A first run with a Terraform that notes what it is asked, and where it would have kept the state. */
function run({ exists = false, fails }: Told = {}) {
  const home = temporaryFolder();
  const folder = join(home, "cdktf.out", "stacks", STACK);
  mkdirSync(folder, { recursive: true });
  const stateFile = join(home, `terraform.${STACK}.tfstate`);
  const override = join(folder, "override.tf.json");
  const asked: string[] = [];
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
      asked.push(`${command} | ${where}`);
      if (command === fails) throw new Error("it failed");
      if (command === "apply") writeFileSync(stateFile, "{}");
    },
    workspaceExists: async () => exists,
    say: () => undefined,
  };
  return { props, asked, stateFile, override };
}

describe("the first run of the bootstrap stack", () => {
  it("applies with the state in a file, then moves the state into the workspace and looks at it there", async () => {
    const { props, asked, stateFile, override } = run();
    await firstRun(props);
    expect(asked).toEqual([
      `init -input=false -reconfigure | ${stateFile}`,
      `apply | ${stateFile}`,
      "init | the workspace",
      "state list | the workspace",
    ]);
    expect([stateFile, override].filter(existsSync)).toEqual([]);
  });

  it("is refused where it was done already: a second one would make everything twice", async () => {
    const { props, asked } = run({ exists: true });
    await expect(firstRun(props)).rejects.toThrow(FirstRunProblem);
    await expect(firstRun(props)).rejects.toThrow(/npx cdktf deploy notejam-bootstrap/);
    expect(asked).toEqual([]);
  });

  it("goes on where it was stopped, although the workspace is there by now", async () => {
    const { props, asked, stateFile } = run({ exists: true });
    writeFileSync(stateFile, "{}");
    await firstRun(props);
    expect(asked).toHaveLength(4);
  });

  it.each(["apply", "init", "state list"])(
    "keeps the state file when `%s` fails, and no override",
    async (fails) => {
      const { props, stateFile, override } = run({ fails });
      writeFileSync(stateFile, "{}");
      await expect(firstRun(props)).rejects.toThrow(/start this again: what is made is kept/);
      expect([stateFile, override].filter(existsSync)).toEqual([stateFile]);
    },
  );
});
