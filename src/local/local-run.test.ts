import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { writeExecutable } from "../../test/executable.js";
import {
  addApplication,
  callsOf,
  type FakeTerraform,
  fakeEmulatorPython,
  fakeMirror,
  fakeTerraform,
  projectFolder,
  SMALL_STACK,
  temporaryFolder,
} from "../../test/fakes/local-tools.js";
import { thisPlatform } from "../terraform/provider-mirror.js";
import { destroyLocal } from "./destroy-local.js";
import { Interruption } from "./interruption.js";
import { runLocal } from "./local-run.js";
import type { LocalRunProps } from "./local-run-props.js";
import { plainProgress } from "./progress.js";
import { StateFolder } from "./state-folder.js";

/** A machine with everything, in a temporary folder; each test takes something away. */
function machine(terraform: FakeTerraform = {}, stack: object = SMALL_STACK, app?: string) {
  const folder = temporaryFolder();
  const project = projectFolder(folder, stack, app);
  // Hides this machine's kubectl and container engine.
  vi.stubEnv("PATH", join(folder, "bin"));
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
    required: [],
    installEmulator: false,
    interactive: false,
    fresh: false,
    check: false,
    once: true,
    application: false,
    parallelism: 20,
    progress: plainProgress(print),
    interruption: new Interruption(),
    print,
    warn: (error) => lines.push(`warned: ${error instanceof Error ? error.message : error}`),
    ...changes,
  });
  return {
    folder,
    project,
    state,
    /** Runs to the end; gives back what was printed. */
    start: async (changes: Partial<LocalRunProps> = {}) => {
      lines.length = 0;
      await runLocal(propsOf(changes));
      return lines.join("\n");
    },
    /** Runs to the end and returns the outcome. */
    outcome: (changes: Partial<LocalRunProps> = {}) => {
      lines.length = 0;
      return runLocal(propsOf(changes));
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
  it("applies the environment, shows its resources, and stops the emulator", async () => {
    const { folder, start } = machine();
    const printed = await start();
    expect(printed).toMatch(/1\/1 aws_s3_bucket.notes created/);
    expect(printed).toMatch(/Bucket\s+│ notes/);
    expect(callsOf(folder, "terraform").map((line) => line.split(" ")[0])).toEqual(["init", "apply"]);
    expect(callsOf(folder, "emulator").at(-1)).toBe("saved and stopped");
  });

  it("does not plan an unchanged stack again, except with --check", async () => {
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

  it("plans again after a killed run, because the emulator may not have saved everything", async () => {
    const { folder, state, start } = machine();
    await start();
    writeFileSync(join(state, "lock"), JSON.stringify({ pid: 2 ** 22 + 1, started: "1" }));
    await start();
    expect(callsOf(folder, "terraform")).toHaveLength(4);
  });

  it("moves Terraform's state away together with an unusable emulated account", async () => {
    const { folder, state, start } = machine();
    await start();
    writeFileSync(join(state, "account/witness"), "");
    rmSync(join(state, "account/emulator.state"));
    expect(await start()).toMatch(
      /starting with an empty account, because the old one cannot be restored: there is none yet\. The old account was moved to \S+account\.set-aside/,
    );
    expect(existsSync(join(state, "account/witness"))).toBe(false);
    expect(existsSync(join(state, "account.set-aside/witness"))).toBe(true);
    expect(callsOf(folder, "terraform")).toHaveLength(4);
  });

  it("moves the account away when Terraform's state is damaged, and deletes nothing", async () => {
    const { state, start } = machine();
    await start();
    const file = join(state, "account/notejam-dev.tfstate");
    writeFileSync(file, readFileSync(file, "utf8").slice(0, 40));
    expect(await start()).toMatch(
      /starting with an empty account, because \S+notejam-dev\.tfstate is damaged\. The old account was moved to/,
    );
    expect(existsSync(join(state, "account.set-aside/emulator.state"))).toBe(true);
    expect(await start()).toMatch(/notejam-dev is unchanged/);
  });

  it("names a damaged secrets file, and creates new secrets with --fresh", async () => {
    const { state, start } = machine();
    await start();
    writeFileSync(join(state, "secrets.json"), "{broken");
    expect(await start()).toMatch(
      /^warned: The file \S+secrets\.json .* is damaged\. Start over with --fresh/m,
    );
    expect(await start({ fresh: true })).toMatch(/Apply notejam-dev: done/);
  });

  it("starts with an empty account with --fresh", async () => {
    const { folder, start } = machine();
    await start();
    await start({ fresh: true });
    expect(callsOf(folder, "terraform")).toHaveLength(4);
  });

  it("destroys the resources, lists those that remain, and removes the folder", async () => {
    const { folder, state, start, destroy } = machine();
    await start();
    expect(await destroy()).toMatch(/Nothing remains in the account/);
    expect(callsOf(folder, "terraform").at(-1)).toMatch(/^destroy /);
    expect(existsSync(state)).toBe(false);
  });

  it("ends when the emulator ends by itself", async () => {
    const { folder, start, printed } = machine();
    const run = start({ once: false });
    run.catch(() => {});
    await expect.poll(printed, { timeout: 15_000 }).toMatch(/Ctrl-C stops it/);
    process.kill(Number(callsOf(folder, "emulator")[0]?.split(" ")[1]), "SIGKILL");
    await expect(run).rejects.toThrow(/AWS emulator ended \(by SIGKILL\).* Run npm start again\./);
  });

  it("removes the folder and prints the reason when an environment does not exist or its state is damaged", async () => {
    const { state, start, destroy } = machine();
    await start();
    writeFileSync(join(state, "account/notejam-old.tfstate"), "{}");
    expect(await destroy()).toMatch(/^Not everything was destroyed .* There is no environment "old"/m);
    expect(existsSync(state)).toBe(false);
  });

  it("prints that there is nothing to destroy", async () => {
    expect(await machine().destroy()).toMatch(/nothing to remove/);
  });
});

describe("a run that is interrupted during an apply", { timeout: 30_000 }, () => {
  it("saves the state of Terraform and the emulator, and the next start completes", async () => {
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

  it("restores the account from before the run when its remains break the next apply", async () => {
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
    expect(printed()).toMatch(/restoring the account from before that run/);
    expect(existsSync(join(state, "account/leftover"))).toBe(false);
    expect(printed()).toMatch(/notejam-dev is unchanged/);
  });
});

describe("a local run with missing tools", { timeout: 30_000 }, () => {
  const LEFT_OUT = /^ {2}Left out: the emulated AWS, and .*\(the stacks are synthesized, not applied\)\. /m;

  it.each<[string, Record<string, string>, RegExp]>([
    [
      "Terraform",
      { TERRAFORM_BINARY_NAME: "no-such-terraform" },
      /Terraform was not found.*no-such-terraform/,
    ],
    ["the emulator", { NOTEJAM_EMULATOR_PYTHON: "/no/such/python" }, /moto.*pip install/],
    [
      "the provider",
      { TF_PLUGIN_MIRROR: "/no/such/mirror" },
      /names a folder that does not exist: .*Correct/,
    ],
  ])(
    "leaves out the parts that need %s, prints how to install it, and runs the rest",
    async (_, settings, reason) => {
      const { folder, state, start, outcome } = machine();
      for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
      const printed = await start();
      expect(printed).toMatch(LEFT_OUT);
      expect(printed).toMatch(reason);
      expect(printed).toMatch(/Synthesize the stacks: done/);
      expect(existsSync(join(state, "out/manifest.json"))).toBe(true);
      expect(callsOf(folder, "terraform")).toEqual([]);
      expect(await outcome()).toEqual({ awsFailed: false, applicationRan: false });
    },
  );

  it("prints one line for each missing part, with all of its missing tools", async () => {
    const { start } = machine({ version: "1.9.8" });
    vi.stubEnv("NOTEJAM_EMULATOR_PYTHON", "/no/such/python");
    const lines = (await start()).split("\n").filter((line) => LEFT_OUT.test(line));
    expect(lines).toEqual([expect.stringMatching(/Terraform 1\.9\.8 .* is too old: .*moto.*/)]);
  });

  it("runs Notejam standalone until it is stopped", async () => {
    const { project, start, printed, outcome } = machine();
    addApplication(project);
    vi.stubEnv("TERRAFORM_BINARY_NAME", "no-such-terraform");
    const alone = { application: true, applicationPort: 0 };
    expect(await start(alone)).toMatch(/^Notejam of dev runs on its embedded database\./m);
    const interruption = new Interruption();
    const run = outcome({ ...alone, once: false, interruption });
    await expect.poll(printed, { timeout: 15_000 }).toMatch(/^Ctrl-C stops it/m);
    const [, address = ""] = /^Notejam is at (\S+):/m.exec(printed()) ?? [];
    expect(await (await fetch(address)).text()).toBe("ready");
    interruption.request("SIGINT");
    expect(await run).toEqual({ awsFailed: false, applicationRan: true });
    await expect(fetch(address)).rejects.toThrow();
  });

  it("fails at once when a required part is missing", async () => {
    const { folder, start } = machine();
    vi.stubEnv("NOTEJAM_EMULATOR_PYTHON", "/no/such/python");
    await expect(start({ required: ["aws"] })).rejects.toThrow(
      /^--require asks for parts that cannot run on this machine: aws\. .*moto.*/,
    );
    await expect(start({ required: ["backup"] })).rejects.toThrow(
      /cannot run on this machine: manifests, aws/,
    );
    expect(callsOf(folder, "terraform")).toEqual([]);
  });

  it("removes the state folder even when the tools to destroy the resources are missing", async () => {
    const { state, start, destroy } = machine();
    await start();
    vi.stubEnv("TERRAFORM_BINARY_NAME", "no-such-terraform");
    expect(await destroy()).toMatch(/Left out: the emulated AWS[\s\S]*is removed\./);
    expect(existsSync(state)).toBe(false);
  });
});

describe("a local run whose apply fails", { timeout: 30_000 }, () => {
  const fails = { apply: { fails: [{ summary: "creating bucket", address: "aws_s3_bucket.notes" }] } };

  it("continues when only the manifests are required", async () => {
    const { folder, outcome } = machine(fails);
    mkdirSync(join(folder, "bin"));
    writeExecutable(join(folder, "bin/kubectl"), "#!/bin/sh\necho 'kind: ConfigMap'\n");
    expect(await outcome({ required: ["manifests"] })).toMatchObject({ awsFailed: true });
  });

  it("prints the error and runs Notejam standalone", async () => {
    const { folder, project, outcome, printed } = machine(fails);
    addApplication(project);
    expect(await outcome({ application: true, applicationPort: 0 })).toEqual({
      awsFailed: true,
      applicationRan: true,
    });
    expect(printed()).toMatch(
      /warned: Terraform could not apply notejam-dev\. .*\n\nnotejam-dev\n {2}aws_s3_bucket\.notes: creating bucket/,
    );
    expect(printed()).toMatch(/^Notejam of dev runs on its embedded database\./m);
    expect(callsOf(folder, "emulator").at(-1)).toBe("saved and stopped");
  });

  it("continues when the emulator does not start", async () => {
    const { folder, outcome, printed } = machine();
    writeFileSync(
      join(folder, "python"),
      `#!/bin/sh\nif [ "$1" = -c ]; then echo 5.2.1; else echo no shape; exit 1; fi\n`,
    );
    expect(await outcome()).toMatchObject({ awsFailed: true });
    expect(printed()).toMatch(/^warned: .*no shape/ms);
  });

  it("fails when the emulated AWS is required", async () => {
    const { start } = machine(fails);
    await expect(start({ required: ["aws"] })).rejects.toThrow("creating bucket");
  });
});

describe("a local run with a conflict", { timeout: 30_000 }, () => {
  it.each<[string, Partial<LocalRunProps>]>([
    ["an unknown environment", { environments: ["dve"] }],
    ["a part that is missing", { required: ["backup"] }],
  ])("keeps the notes when --fresh comes with %s", async (_, mistake) => {
    const { state, start } = machine();
    await start();
    const notes = join(state, "applications/dev/embedded");
    mkdirSync(notes, { recursive: true });
    await expect(start({ fresh: true, ...mistake })).rejects.toThrow(/dve|--require/);
    expect(existsSync(notes)).toBe(true);
    expect(existsSync(join(state, "account/notejam-dev.tfstate"))).toBe(true);
    await start({ fresh: true });
    expect(existsSync(notes)).toBe(false);
  });

  it("does not touch a folder that it did not create", async () => {
    const { folder, start, destroy, state } = machine();
    mkdirSync(state);
    writeFileSync(join(state, "thesis.txt"), "years of work");
    await expect(start()).rejects.toThrow(/is not empty and was not created by npm start\. .*--state/);
    await expect(destroy()).rejects.toThrow(/was not created by npm start/);
    expect(existsSync(join(state, "thesis.txt"))).toBe(true);
    expect(callsOf(folder, "terraform")).toEqual([]);
  });

  it("reports a taken port before it creates anything", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => server.once("listening", listening));
    onTestFinished(() => {
      server.close();
    });
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { state, start } = machine();
    await expect(start({ port })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is taken. Choose another one with --port`,
    );
    await expect(start({ applicationPort: port })).rejects.toThrow(
      /is taken\. Choose another one with --app-port/,
    );
    expect(existsSync(state)).toBe(false);
  });

  it("rejects a second run on the same folder, and does not disturb the first", async () => {
    const { folder, start } = machine({ apply: "hangs" });
    const interruption = new Interruption();
    const first = start({ interruption });
    await untilApplying(folder);
    await expect(start()).rejects.toThrow(new RegExp(`in use by process ${process.pid}.*--state`));
    interruption.request("SIGINT");
    await expect(first).rejects.toThrow("Stopped");
  });

  it("prints the app's output when it fails to synthesize, and applies nothing", async () => {
    const failing = `console.error("environments/dev.ts: vpcCidr must be a CIDR."); process.exit(1);`;
    const { folder, start } = machine({}, SMALL_STACK, failing);
    await expect(start()).rejects.toThrow(
      "environments/dev.ts: vpcCidr must be a CIDR. Nothing was applied.",
    );
    expect(callsOf(folder, "terraform")).toEqual([]);
  });

  it("lists the existing environments when the chosen one does not exist", async () => {
    const run = machine().start({ environments: ["staging"] });
    await expect(run).rejects.toThrow(/no environment "staging".*Choose from: dev\./);
  });

  it("rejects a stack that would reach real systems", async () => {
    const providers = { aws: { source: "aws" }, github: { source: "integrations/github" } };
    const { folder, start } = machine({}, unlike({ terraform: { required_providers: providers } }));
    expect(await start()).toMatch(/warned: notejam-dev .*needs github, and only AWS is emulated/);
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
    expect(await start({ check: true })).toMatch(
      / {2}aws_s3_bucket\.notes: creating bucket \[terraform\]\n\s+why: +because of \(hidden\)\n {2}second fault/,
    );
    expect(printed()).not.toContain(password);
  });
});
