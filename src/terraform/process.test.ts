import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeExecutable } from "../../test/executable.js";
import { temporaryFolder } from "../../test/fakes/local-tools.js";
import { runTerraform } from "./process.js";

/** Creates a Terraform that runs a shell script. */
function terraform(script: string): string {
  const binary = join(temporaryFolder(), "terraform");
  writeExecutable(binary, `#!/bin/sh\n${script}\n`);
  return binary;
}

const env = { PATH: process.env.PATH };

describe("a Terraform process", () => {
  it("passes each line of both outputs on, with hidden secrets", async () => {
    const lines: string[] = [];
    const binary = terraform("echo password-of-db; echo second >&2; exit 1");
    const secrets = ["password-of-db"];
    const exit = await runTerraform({ binary, args: [], env, secrets, onLine: (line) => lines.push(line) });
    expect(exit).toEqual({ ok: false, isMissing: false, hasTimedOut: false });
    expect(lines.sort()).toEqual(["(hidden)", "second"]);
  });

  it("inherits nothing from the environment", async () => {
    const lines: string[] = [];
    await runTerraform({ binary: terraform("env"), args: [], env, onLine: (line) => lines.push(line) });
    expect(lines.filter((line) => /^(HOME|VITEST)/.test(line))).toEqual([]);
  });

  it("is reported as missing", async () => {
    const exit = await runTerraform({ binary: join(temporaryFolder(), "terraform"), args: [], env });
    expect(exit).toMatchObject({ ok: false, isMissing: true });
  });

  it("is interrupted after its time limit, and may save its state", async () => {
    const lines: string[] = [];
    const binary = terraform("trap 'echo saved; exit 1' INT; while :; do sleep 0.05; done");
    const exit = await runTerraform({
      binary,
      args: [],
      env,
      timeLimitMs: 300,
      onLine: (line) => lines.push(line),
    });
    expect(exit).toMatchObject({ hasTimedOut: true });
    expect(lines).toEqual(["saved"]);
  });

  it("is killed when it ignores the time limit", async () => {
    const binary = terraform("trap '' INT; exec sleep 60");
    const exit = await runTerraform({ binary, args: [], env, timeLimitMs: 200, killAfterMs: 100 });
    expect(exit).toMatchObject({ ok: false, hasTimedOut: true });
  });

  it("is not started after a request to stop", async () => {
    const stopped = new Error("Stopped by SIGINT.");
    const interruption = {
      throwIfRequested: () => {
        throw stopped;
      },
      passTo: () => () => {},
    };
    await expect(runTerraform({ binary: terraform(""), args: [], env, interruption })).rejects.toBe(stopped);
  });
});

describe("Terraform", () => {
  it("is started only in src/terraform/process.ts", () => {
    const files = readdirSync("src", { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
      .map((name) => ({ name, text: readFileSync(join("src", name), "utf8") }));
    const starting = files.filter(
      ({ text }) =>
        /from "(execa|node:child_process)"/.test(text) && /\bbinary\b|["'`]terraform["'`]/.test(text),
    );
    expect(starting.map(({ name }) => name)).toEqual(["terraform/process.ts"]);
  });
});
