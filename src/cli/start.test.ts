import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  callsOf,
  type FakeTerraform,
  fakeEmulatorPython,
  fakeMirror,
  fakeTerraform,
  projectFolder,
  startCommand,
  temporaryFolder,
} from "../../test/fakes/local-tools.js";
import { thisPlatform } from "../terraform/provider-mirror.js";

/** The command in a temporary project, on a machine with all tools. */
function command(terraform: FakeTerraform = {}) {
  const folder = temporaryFolder();
  const project = projectFolder(folder);
  const env: NodeJS.ProcessEnv = {
    TERRAFORM_BINARY_NAME: fakeTerraform(folder, terraform),
    NOTEJAM_EMULATOR_PYTHON: fakeEmulatorPython(folder),
    TF_PLUGIN_MIRROR: fakeMirror(folder, thisPlatform()),
  };
  return {
    folder,
    state: join(project, ".notejam"),
    start: (args: readonly string[], changes: NodeJS.ProcessEnv = {}) =>
      startCommand(project, args, { ...env, ...changes }),
  };
}

const moment = () => new Promise((soon) => setTimeout(soon, 300));

describe("npm start", { timeout: 30_000 }, () => {
  it("runs until Ctrl-C, then stops the emulator and exits 0", async () => {
    const { folder, state, start } = command();
    const run = start([]);
    const applied = join(state, "account/notejam-dev.applied.json");
    await expect.poll(() => existsSync(applied), { timeout: 15_000 }).toBe(true);
    await moment();
    run.signal("SIGINT");
    expect((await run.ended).code).toBe(0);
    expect(callsOf(folder, "emulator").at(-1)).toBe("saved and stopped");
  });

  it("interrupts Terraform once when npm repeats Ctrl-C in an apply, and exits 130 with nothing left running", async () => {
    const { folder, start } = command({ apply: "hangs" });
    const run = start(["--once"]);
    await expect.poll(() => callsOf(folder, "terraform").at(-1), { timeout: 15_000 }).toMatch(/^apply/);
    await moment();
    run.signal("SIGINT");
    run.signal("SIGINT");
    const ended = await run.ended;
    expect(ended.code).toBe(130);
    expect(ended.stderr).toMatch(/Stopped\. Created resources are kept/);
    expect(callsOf(folder, "terraform").slice(-2)).toEqual(["SIGINT", "saved"]);
    const emulator = Number(callsOf(folder, "emulator")[0]?.split(" ")[1]);
    expect(() => process.kill(emulator, 0)).toThrow("ESRCH");
  });

  it("exits 141 when its output is closed", async () => {
    const { folder, start } = command();
    const run = start(["--once"]);
    run.hangUp();
    expect(await run.ended).toMatchObject({ code: 141, stderr: expect.not.stringMatching(/EPIPE|^\s+at /m) });
    expect(callsOf(folder, "emulator").at(-1)).toBe(
      callsOf(folder, "emulator").length > 0 ? "saved and stopped" : undefined,
    );
  });

  it("prints one line for a part that is left out, and exits 0", async () => {
    const { start } = command();
    const missing = { TERRAFORM_BINARY_NAME: "no-such-terraform" };
    const { code, stdout, stderr } = await start(["--once"], missing).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.split("\n").filter((line) => line.includes("Left out: the emulated AWS"));
    expect(lines).toEqual([expect.stringMatching(/Terraform was not found: .*TERRAFORM_BINARY_NAME/)]);
  });

  it("exits 2 with one line when a required part is missing", async () => {
    const { start } = command();
    const missing = { TERRAFORM_BINARY_NAME: "no-such-terraform" };
    const { code, stderr } = await start(["--once", "--require", "all"], missing).ended;
    expect(code).toBe(2);
    expect(stderr.trim().split("\n")).toEqual([
      expect.stringMatching(
        /^--require asks for parts that cannot run on this machine: .*aws.*Terraform was not found/,
      ),
    ]);
  });

  it("exits 2 at the end of --once when the apply failed", async () => {
    const { start } = command({ apply: { fails: [{ summary: "creating bucket" }] } });
    const { code, stderr } = await start(["--once"]).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/ {2}creating bucket[\s\S]*The emulated AWS is left out because of this error\./);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("exits 2 with one line for an invalid option", async () => {
    const { code, stderr } = await command().start(["--port", "http"]).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/--port.*'http' is invalid\. It must be a whole number from 0 to 65535/);
  });

  it("prints its options with --help", async () => {
    const { code, stdout } = await command().start(["--help"]).ended;
    expect(code).toBe(0);
    const options = ["--env", "--require", "--install-emulator", "--port", "--once", "--check", "--fresh"];
    for (const option of [...options, "--destroy", "--state"]) {
      expect(stdout).toContain(option);
    }
  });
});
