import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { runNotejam } from "../../test/run-notejam.js";
import { commandPaths } from "./program.js";

const COMMANDS = commandPaths().map((path) => ({ name: path.join(" "), path }));
const GROUPS = new Set(COMMANDS.map(({ path }) => path.slice(0, -1).join(" ")));

/** Program and commands, with the words that call them. */
const ALL = [{ name: "the program", path: [] as readonly string[] }, ...COMMANDS];

describe("--help", () => {
  it.each(ALL)("prints description, options and exit statuses of $name", async ({ path }) => {
    const { status, stdout, stderr } = await runNotejam([...path, "--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [usage = "", description = ""] = stdout.split("\n\n");
    expect(usage.startsWith(`Usage: ${["npm run notejam --", ...path].join(" ")} [`)).toBe(true);
    expect(description).toMatch(/^[A-Z][\s\S]{20,}\.$/);
    expect(stdout).toMatch(/^Options:\n/m);
    expect(stdout).toMatch(/^Exit status: 0 success,.* 2 error(, \d+ .*)?\.$/m);
  });

  it("lists every command of the program and of each group", async () => {
    for (const { path } of COMMANDS) {
      const { stdout } = await runNotejam([...path.slice(0, -1), "--help"]);
      expect(stdout).toMatch(new RegExp(`^ {2}${path.at(-1)} .*\\w`, "m"));
    }
  });

  it("is also the command help", async () => {
    const { stdout } = await runNotejam(["pipeline", "plan", "--help"]);
    expect(await runNotejam(["help", "capacity"])).toEqual(await runNotejam(["capacity", "--help"]));
    expect(await runNotejam(["pipeline", "help", "plan"])).toMatchObject({ status: 0, stdout });
  });

  it("contains defaults that do not depend on this machine", async () => {
    for (const { path } of COMMANDS) {
      const { stdout } = await runNotejam([...path, "--help"]);
      expect(stdout).not.toContain(process.cwd());
    }
  });
});

describe("a wrong command line", () => {
  it.each(ALL)("is one line with status 2: an unknown option of $name", async ({ path }) => {
    const { status, stdout, stderr } = await runNotejam([...path, "--no-such-option"]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^error: .+$/);
  });

  it("is one line with status 2 for an unknown command, with the nearest name", async () => {
    expect(await runNotejam(["capasity"])).toEqual({
      status: 2,
      stdout: "",
      stderr: "error: unknown command 'capasity' (Did you mean capacity?)",
    });
  });

  it.each([[[]], [["pipeline"]]])("is the help with status 2 for a missing command: %j", async (args) => {
    const { status, stdout, stderr } = await runNotejam(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: npm run notejam -- /);
  });
});

describe("the program", () => {
  it("is called by npm scripts, with the same options", async () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
    const calls = Object.entries<string>(scripts).flatMap(([script, call]) => {
      const [, command] = /^.*node --import tsx src\/cli\/index\.ts ?(\S*)$/.exec(call) ?? [];
      return command === undefined ? [] : [[script, command]];
    });
    expect(Object.fromEntries(calls)).toEqual({
      notejam: "",
      start: "start",
      capacity: "capacity",
      "check:manifests": "check",
      pipeline: "pipeline",
      bootstrap: "bootstrap",
      destroy: "destroy",
      failover: "failover",
    });
    for (const [, command = ""] of calls) {
      if (command !== "") expect(COMMANDS.map(({ name }) => name)).toContain(command);
    }
  });

  it("prints help and errors as a process, without warnings of Node", async () => {
    const run = (...args: string[]) =>
      execa(process.execPath, ["--import", "tsx", "src/cli/index.ts", ...args], { reject: false });
    expect(await run("--help")).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await run("capacity", "--env", "nowhere")).toMatchObject({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringMatching(/^There is no environment "nowhere"\. Choose from: .+\.$/),
    });
  });

  it("loads no command before it is called, so that help is fast", () => {
    const libraries = new Set<string>();
    const visited = new Set<string>();
    const visit = (file: string): void => {
      if (visited.has(file)) return;
      visited.add(file);
      const source = readFileSync(file, "utf8");
      for (const [, specifier = ""] of source.matchAll(
        /^(?:import|export) (?!type)(?:[^;"]* from )?"([^"]+)";/gm,
      )) {
        if (specifier.startsWith(".")) visit(join(dirname(file), specifier.replace(/\.js$/, ".ts")));
        else libraries.add(specifier);
      }
    };
    visit("src/cli/index.ts");
    expect([...libraries].filter((name) => !name.startsWith("@notejam/emulator")).sort()).toEqual([
      "commander",
    ]);
    for (const { path } of COMMANDS) {
      if (!GROUPS.has(path.join(" ")))
        expect([...visited]).not.toContain(join("src/cli", `${path.join("/")}.ts`));
    }
  });
});
