import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fakes/local-tools.js";
import { GuardedProgram, type GuardedProgramProps } from "./guarded-program.js";

/** A program that runs until a signal stops it, and records the signal. */
const STAYS = `
const { writeFileSync } = require("node:fs");
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => { writeFileSync("signal", signal); process.exit(7); });
}
setInterval(() => {}, 1000);
writeFileSync("pid", String(process.pid));
`;

function propsIn(cwd: string, script: string): GuardedProgramProps {
  return {
    name: "example",
    program: process.execPath,
    args: ["-e", script],
    env: { ONLY: "this" },
    cwd,
    logFile: join(cwd, "log", "example.log"),
  };
}

const started = (folder: string) =>
  expect.poll(() => existsSync(join(folder, "pid")), { timeout: 15_000 }).toBe(true);
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("a guarded program", () => {
  it("writes a log that only its owner can read, and inherits no environment", async () => {
    const folder = temporaryFolder();
    const program = new GuardedProgram(propsIn(folder, "console.log(JSON.stringify(process.env))"));
    expect(await program.ended).toBe(0);
    expect(JSON.parse(program.output)).toEqual({ ONLY: "this" });
    expect(statSync(program.logFile).mode & 0o777).toBe(0o600);
  });

  it("is stopped by its signal, and returns its exit status", async () => {
    const folder = temporaryFolder();
    const program = new GuardedProgram({ ...propsIn(folder, STAYS), endSignal: "SIGINT" });
    await started(folder);
    await program.stop();
    expect(await program.ended).toBe(7);
    expect(readFileSync(join(folder, "signal"), "utf8")).toBe("SIGINT");
  });

  it("is stopped when the wait for it is aborted", async () => {
    const folder = temporaryFolder();
    const interruption = new AbortController();
    const finished = new GuardedProgram(propsIn(folder, STAYS)).finish(interruption.signal);
    await started(folder);
    interruption.abort(new Error("interrupted"));
    await expect(finished).rejects.toThrow("interrupted");
    expect(isAlive(Number(readFileSync(join(folder, "pid"), "utf8")))).toBe(false);
  });

  it("reports a program that does not exist", async () => {
    const folder = temporaryFolder();
    const program = new GuardedProgram({ ...propsIn(folder, ""), program: "no-such-program" });
    expect(await program.ended).toBe(127);
    expect(program.lastLines).toContain("no-such-program");
  });

  it("ends when its parent process is killed", async () => {
    const folder = temporaryFolder();
    const starter = join(folder, "starter.ts");
    const module = new URL("./guarded-program.ts", import.meta.url).href;
    writeFileSync(
      starter,
      `import { GuardedProgram } from ${JSON.stringify(module)};
       new GuardedProgram(${JSON.stringify(propsIn(folder, STAYS))});
       setInterval(() => {}, 1000);`,
    );
    const child = execa(process.execPath, ["--import", import.meta.resolve("tsx"), starter], {
      reject: false,
    });
    await started(folder);
    child.kill("SIGKILL");
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
    expect(readFileSync(join(folder, "signal"), "utf8")).toBe("SIGTERM");
  });
});
