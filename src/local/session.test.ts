import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Interruption } from "./interruption.js";
import { plainProgress } from "./progress.js";
import { thisPlatform } from "./provider-mirror.js";
import { destroyLocal, type LocalRunProps, runLocal } from "./session.js";
import { StateFolder } from "./state-folder.js";
import {
  callsOf,
  type FakeTerraform,
  fakeEmulatorPython,
  fakeMirror,
  fakeTerraform,
  projectFolder,
  SMALL_STACK,
  temporaryFolder,
} from "./testing.js";

/** A machine with everything, in a temporary folder; each test takes something away. */
function machine(terraform: FakeTerraform = {}, stack: object = SMALL_STACK, app?: string) {
  const folder = temporaryFolder();
  const project = projectFolder(folder, stack, app);
  vi.stubEnv("TERRAFORM_BINARY_NAME", fakeTerraform(folder, terraform));
  vi.stubEnv("NOTEJAM_EMULATOR_PYTHON", fakeEmulatorPython(folder));
  vi.stubEnv("TF_PLUGIN_MIRROR", fakeMirror(folder, thisPlatform()));
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const state = join(project, ".notejam");
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  const propsOf = (changes: Partial<LocalRunProps>): LocalRunProps => ({
    projectFolder: project,
    folder: new StateFolder(state),
    environments: ["dev"],
    fresh: false,
    check: false,
    once: true,
    application: false,
    parallelism: 20,
    progress: plainProgress(print),
    interruption: new Interruption(),
    print,
    ...changes,
  });
  return {
    folder,
    state,
    /** Runs to the end; gives back what was printed. */
    start: async (changes: Partial<LocalRunProps> = {}) => {
      lines.length = 0;
      await runLocal(propsOf(changes));
      return lines.join("\n");
    },
    destroy: async () => {
      lines.length = 0;
      await destroyLocal(propsOf({}));
      return lines.join("\n");
    },
    printed: () => lines.join("\n"),
  };
}

async function untilApplying(folder: string, calls = 2): Promise<void> {
  await expect.poll(() => callsOf(folder, "terraform"), { timeout: 15_000 }).toHaveLength(calls);
  // The fake notes the call before it listens to signals.
  await new Promise((soon) => setTimeout(soon, 200));
}

const unlike = (what: object) => ({ ...SMALL_STACK, ...what });

describe("a local run", { timeout: 30_000 }, () => {
  it("applies the environment, shows what stands, and stops the emulator", async () => {
    const { folder, start } = machine();
    const printed = await start();
    expect(printed).toMatch(/1\/1 aws_s3_bucket.notes created/);
    expect(printed).toMatch(/Bucket\s+│ notes/);
    expect(callsOf(folder, "terraform").map((line) => line.split(" ")[0])).toEqual(["init", "apply"]);
    expect(callsOf(folder, "emulator").at(-1)).toBe("saved and stopped");
  });

  it("does not plan an unchanged stack again, unless it is told to check", async () => {
    const { folder, start } = machine();
    await start();
    expect(await start()).toMatch(/notejam-dev is unchanged since it was applied .* \(--check does\)/);
    expect(callsOf(folder, "terraform")).toHaveLength(2);
    await start({ check: true });
    expect(callsOf(folder, "terraform")).toHaveLength(4);
  });

  it("plans again when the synthesized stack changed", async () => {
    const { folder, start } = machine();
    await start();
    projectFolder(folder, unlike({ resource: { aws_s3_bucket: { notes: { bucket: "others" } } } }));
    await start();
    expect(callsOf(folder, "terraform")).toHaveLength(4);
  });

  it("plans again when the last run was killed, since the emulator may know less than Terraform", async () => {
    const { folder, state, start } = machine();
    await start();
    writeFileSync(join(state, "lock"), JSON.stringify({ pid: 2 ** 22 + 1, started: "1" }));
    await start();
    expect(callsOf(folder, "terraform")).toHaveLength(4);
  });

  it("forgets Terraform's state together with an emulated account that is gone", async () => {
    const { folder, state, start } = machine();
    await start();
    writeFileSync(join(state, "account/witness"), "");
    rmSync(join(state, "account/emulator.state"));
    expect(await start()).toMatch(/starting from an empty account: the kept one cannot be used/);
    expect(existsSync(join(state, "account/witness"))).toBe(false);
    expect(callsOf(folder, "terraform")).toHaveLength(4);
  });

  it("starts over when asked for a fresh account", async () => {
    const { folder, start } = machine();
    await start();
    await start({ fresh: true });
    expect(callsOf(folder, "terraform")).toHaveLength(4);
  });

  it("destroys what stands, says what remains, and removes the folder", async () => {
    const { folder, state, start, destroy } = machine();
    await start();
    expect(await destroy()).toMatch(/Nothing remains in the account/);
    expect(callsOf(folder, "terraform").at(-1)).toMatch(/^destroy /);
    expect(existsSync(state)).toBe(false);
  });

  it("does not wait for ever when the emulator ends by itself", async () => {
    const { folder, start, printed } = machine();
    const run = start({ once: false });
    run.catch(() => {});
    await expect.poll(printed, { timeout: 15_000 }).toMatch(/Ctrl-C stops it/);
    process.kill(Number(callsOf(folder, "emulator")[0]?.split(" ")[1]), "SIGKILL");
    await expect(run).rejects.toThrow(/AWS emulator ended \(by SIGKILL\).* Run npm start again\./);
  });

  it("says so when there is nothing to destroy", async () => {
    expect(await machine().destroy()).toMatch(/nothing to remove/);
  });
});

describe("a run that is interrupted in the middle of an apply", { timeout: 30_000 }, () => {
  it("lets Terraform and the emulator save, and the next start completes", async () => {
    const { folder, state, start } = machine({ apply: "hangs" });
    const interruption = new Interruption();
    const run = start({ interruption });
    await untilApplying(folder);
    interruption.request("SIGINT");
    await expect(run).rejects.toMatchObject({ name: "Interrupted" });
    expect(callsOf(folder, "terraform").slice(-2)).toEqual(["SIGINT", "saved"]);
    expect(callsOf(folder, "emulator").at(-1)).toBe("saved and stopped");
    expect(existsSync(join(state, "lock"))).toBe(false);
    fakeTerraform(folder);
    expect(await start()).toMatch(/Apply notejam-dev: done/);
  });

  it("goes back to before that run when its leftovers get in the way of the next", async () => {
    const { folder, state, start, printed } = machine();
    await start();
    fakeTerraform(folder, { apply: "hangs" });
    const interruption = new Interruption();
    const run = start({ check: true, interruption });
    await untilApplying(folder, 4);
    interruption.request("SIGINT");
    await expect(run).rejects.toThrow("Stopped by SIGINT");
    writeFileSync(join(state, "account/leftover"), "half made");

    fakeTerraform(folder, {
      apply: { fails: [{ summary: "EntityAlreadyExists", address: "aws_iam_role.app" }] },
    });
    await start();
    expect(printed()).toMatch(/going back to before it/);
    expect(existsSync(join(state, "account/leftover"))).toBe(false);
    expect(printed()).toMatch(/notejam-dev is unchanged/);
  });
});

describe("a local run where something is missing or in the way", { timeout: 30_000 }, () => {
  it("says how to get Terraform, and writes nothing", async () => {
    const { state, start } = machine();
    vi.stubEnv("TERRAFORM_BINARY_NAME", "no-such-terraform");
    await expect(start()).rejects.toThrow(
      /Terraform was not found.*no-such-terraform.*developer\.hashicorp\.com/,
    );
    expect(existsSync(state)).toBe(false);
  });

  it("says that Terraform is too old, and why that matters", async () => {
    const { start } = machine({ version: "1.9.8" });
    await expect(start()).rejects.toThrow(/Terraform 1\.9\.8 .* is too old: write-only .*1\.11\.0 or newer/);
  });

  it("says how to get the emulator", async () => {
    const { start } = machine();
    vi.stubEnv("NOTEJAM_EMULATOR_PYTHON", "/no/such/python");
    await expect(start()).rejects.toThrow(/moto.*pip install/);
  });

  it("says which port is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => server.once("listening", listening));
    onTestFinished(() => {
      server.close();
    });
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(machine().start({ port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken`);
  });

  it("says which provider the mirror lacks, and how to add it", async () => {
    const { folder, start } = machine();
    const empty = join(folder, "empty-mirror");
    mkdirSync(empty);
    vi.stubEnv("TF_PLUGIN_MIRROR", empty);
    await expect(start()).rejects.toThrow(
      /empty-mirror .* does not hold hashicorp\/aws.*terraform providers mirror/,
    );
  });

  it("refuses a second run on the same folder, and leaves the first alone", async () => {
    const { folder, start } = machine({ apply: "hangs" });
    const interruption = new Interruption();
    const first = start({ interruption });
    await untilApplying(folder);
    await expect(start()).rejects.toThrow(new RegExp(`in use by process ${process.pid}.*--state`));
    interruption.request("SIGINT");
    await expect(first).rejects.toThrow("Stopped");
  });

  it("gives the app's own words when it refuses to synthesize, and applies nothing", async () => {
    const refusing = `console.error("environments/dev.ts: vpcCidr must be a CIDR."); process.exit(1);`;
    const { folder, start } = machine({}, SMALL_STACK, refusing);
    await expect(start()).rejects.toThrow(
      "environments/dev.ts: vpcCidr must be a CIDR. Nothing was applied.",
    );
    expect(callsOf(folder, "terraform")).toEqual([]);
  });

  it("lists the environments there are when asked for another", async () => {
    const run = machine().start({ environments: ["staging"] });
    await expect(run).rejects.toThrow(/no environment "staging".*Choose from: dev\./);
  });

  it("refuses a stack that would reach real systems", async () => {
    const providers = { aws: { source: "aws" }, github: { source: "integrations/github" } };
    const { folder, start } = machine({}, unlike({ terraform: { required_providers: providers } }));
    await expect(start()).rejects.toThrow(/needs github, and only AWS is emulated/);
    expect(callsOf(folder, "terraform")).toEqual([]);
  });

  it("shows Terraform's errors with their resource, and no secret", async () => {
    const { folder, state, start, printed } = machine();
    await start();
    const secrets: unknown = JSON.parse(readFileSync(join(state, "secrets.json"), "utf8"));
    const password = Object.values(secrets ?? {}).join();
    const first = {
      address: "aws_s3_bucket.notes",
      summary: "creating bucket",
      detail: `because of ${password}`,
    };
    fakeTerraform(folder, { apply: { fails: [first, { summary: "second fault", detail: "" }] } });
    const error = await start({ check: true }).catch((problem: Error) => problem.message);
    expect(error).toMatch(
      /• aws_s3_bucket\.notes: creating bucket\n\s+because of \(hidden\)\n\s+• second fault/,
    );
    expect(error + printed()).not.toContain(password);
  });
});
