import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { thisPlatform } from "./provider-mirror.js";
import {
  callsOf,
  type Ended,
  type FakeTerraform,
  fakeEmulatorPython,
  fakeMirror,
  fakeTerraform,
  projectFolder,
  SMALL_STACK,
  startCommand,
  temporaryFolder,
} from "./testing.js";

/** A machine with everything, in a temporary folder; each test takes something away. */
function machine(terraform: FakeTerraform = {}, stack: object = SMALL_STACK, app?: string) {
  const folder = temporaryFolder();
  const project = projectFolder(folder, stack, app);
  const env: NodeJS.ProcessEnv = {
    TERRAFORM_BINARY_NAME: fakeTerraform(folder, terraform),
    NOTEJAM_EMULATOR_PYTHON: fakeEmulatorPython(folder),
    TF_PLUGIN_MIRROR: fakeMirror(folder, thisPlatform()),
  };
  return {
    folder,
    project,
    state: join(project, ".notejam"),
    start: (args: readonly string[], changes: NodeJS.ProcessEnv = {}) =>
      startCommand(project, args, { ...env, ...changes }),
  };
}

function expectOnePlainLine({ code, stderr }: Ended, ...words: readonly RegExp[]): void {
  for (const word of words) {
    expect(stderr).toMatch(word);
  }
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(code).toBe(1);
}

describe("npm start", { timeout: 30_000 }, () => {
  it("applies the environment, shows what stands, and with --once ends and stops the emulator", async () => {
    const { folder, start } = machine();
    const ended = await start(["--once"]).ended;
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toMatch(/1\/1 aws_s3_bucket.notes created/);
    expect(ended.stdout).toMatch(/Bucket\s+│ notes/);
    expect(callsOf(folder, "terraform").map((line) => line.split(" ")[0])).toEqual(["init", "apply"]);
    expect(callsOf(folder, "emulator").at(-1)).toBe("saved and stopped");
  });

  it("does not plan an unchanged stack again, but does with --check", async () => {
    const { folder, start } = machine();
    await start(["--once"]).ended;
    const second = await start(["--once"]).ended;
    expect(second.stdout).toMatch(/notejam-dev is unchanged since it was applied .* \(--check does\)/);
    expect(callsOf(folder, "terraform")).toHaveLength(2);
    await start(["--once", "--check"]).ended;
    expect(callsOf(folder, "terraform")).toHaveLength(4);
  });

  it("plans again when the synthesized stack changed", async () => {
    const { folder, start } = machine();
    await start(["--once"]).ended;
    projectFolder(folder, { ...SMALL_STACK, resource: { aws_s3_bucket: { notes: { bucket: "others" } } } });
    await start(["--once"]).ended;
    expect(callsOf(folder, "terraform")).toHaveLength(4);
  });

  it("starts over with --fresh", async () => {
    const { folder, start } = machine();
    await start(["--once"]).ended;
    await start(["--once", "--fresh"]).ended;
    expect(callsOf(folder, "terraform")).toHaveLength(4);
  });

  it("removes everything with --destroy", async () => {
    const { folder, state, start } = machine();
    await start(["--once"]).ended;
    const ended = await start(["--destroy"]).ended;
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toMatch(/Nothing remains in the account/);
    expect(callsOf(folder, "terraform").at(-1)).toMatch(/^destroy /);
    expect(existsSync(state)).toBe(false);
  });

  it("stays until Ctrl-C, then stops the emulator and ends well", async () => {
    const { folder, state, start } = machine();
    const run = start([]);
    await expect
      .poll(() => existsSync(join(state, "account/notejam-dev.applied.json")), { timeout: 15_000 })
      .toBe(true);
    await new Promise((soon) => setTimeout(soon, 300));
    run.signal("SIGINT");
    expect((await run.ended).code).toBe(0);
    expect(callsOf(folder, "emulator").at(-1)).toBe("saved and stopped");
  });
});

describe("Ctrl-C in the middle of an apply", { timeout: 30_000 }, () => {
  it("interrupts Terraform once although npm repeats the signal, saves all, and exits 130", async () => {
    const { folder, state, start } = machine({ apply: "hangs" });
    const run = start(["--once"]);
    await expect.poll(() => callsOf(folder, "terraform").at(-1), { timeout: 15_000 }).toMatch(/^apply/);
    await new Promise((soon) => setTimeout(soon, 300));
    run.signal("SIGINT");
    run.signal("SIGINT");
    const ended = await run.ended;
    expect(ended.code).toBe(130);
    expect(ended.stderr).toMatch(/Stopped\. What was made so far is kept/);
    expect(callsOf(folder, "terraform").slice(-2)).toEqual(["SIGINT", "saved"]);
    expect(callsOf(folder, "emulator").at(-1)).toBe("saved and stopped");
    expect(existsSync(join(state, "lock"))).toBe(false);
  });

  it("is followed by a start that completes", async () => {
    const { folder, start } = machine({ apply: "hangs" });
    const run = start(["--once"]);
    await expect.poll(() => callsOf(folder, "terraform").at(-1), { timeout: 15_000 }).toMatch(/^apply/);
    await new Promise((soon) => setTimeout(soon, 300));
    run.signal("SIGTERM");
    expect((await run.ended).code).toBe(143);
    fakeTerraform(folder);
    expect(await start(["--once"]).ended).toMatchObject({ code: 0 });
  });

  it("goes back to before that run when its leftovers get in the way", async () => {
    const { folder, state, start } = machine();
    await start(["--once"]).ended;
    const before = readFileSync(join(state, "account/notejam-dev.tfstate"), "utf8");
    fakeTerraform(folder, { apply: "hangs" });
    const run = start(["--once", "--check"]);
    await expect.poll(() => callsOf(folder, "terraform"), { timeout: 15_000 }).toHaveLength(4);
    await new Promise((soon) => setTimeout(soon, 300));
    run.signal("SIGINT");
    await run.ended;
    writeFileSync(join(state, "account/leftover"), "half made");

    fakeTerraform(folder, {
      apply: { fails: [{ summary: "EntityAlreadyExists", address: "aws_iam_role.app" }] },
    });
    const third = await start(["--once"]).ended;
    expect(third.stdout).toMatch(/going back to before it/);
    expect(existsSync(join(state, "account/leftover"))).toBe(false);
    expect(readFileSync(join(state, "account/notejam-dev.tfstate"), "utf8")).toBe(before);
  });
});

describe("npm start on a machine where something is missing or in the way", { timeout: 30_000 }, () => {
  it("says how to get Terraform", async () => {
    const { state, start } = machine();
    const ended = await start([], { TERRAFORM_BINARY_NAME: "no-such-terraform" }).ended;
    expectOnePlainLine(ended, /Terraform was not found.*no-such-terraform/, /developer\.hashicorp\.com/);
    expect(existsSync(state)).toBe(false);
  });

  it("says that Terraform is too old, and why that matters", async () => {
    const { start } = machine({ version: "1.9.8" });
    expectOnePlainLine(
      await start([]).ended,
      /Terraform 1\.9\.8 .* is too old: write-only/,
      /1\.11\.0 or newer/,
    );
  });

  it("says how to get the emulator", async () => {
    const { start } = machine();
    const ended = await start([], { NOTEJAM_EMULATOR_PYTHON: "/no/such/python" }).ended;
    expectOnePlainLine(ended, /moto/, /pip install/);
  });

  it("says which port is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => server.once("listening", listening));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { start } = machine();
    const ended = await start(["--port", String(port)]).ended;
    server.close();
    expectOnePlainLine(ended, new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is taken`));
  });

  it("says which provider the mirror lacks, and how to add it", async () => {
    const { folder, start } = machine();
    const empty = join(folder, "empty-mirror");
    mkdirSync(empty);
    const ended = await start([], { TF_PLUGIN_MIRROR: empty }).ended;
    expectOnePlainLine(ended, /empty-mirror .* does not hold hashicorp\/aws/, /terraform providers mirror/);
  });

  it("refuses a second run on the same folder, and leaves the first alone", async () => {
    const { folder, start } = machine({ apply: "hangs" });
    const first = start([]);
    await expect.poll(() => callsOf(folder, "terraform").at(-1), { timeout: 15_000 }).toMatch(/^apply/);
    const second = await start([]).ended;
    expectOnePlainLine(second, new RegExp(`in use by process ${first.pid}`), /--state/);
    await new Promise((soon) => setTimeout(soon, 300));
    first.signal("SIGINT");
    expect((await first.ended).code).toBe(130);
  });

  it("shows the app's own words when it refuses to synthesize, and applies nothing", async () => {
    const refusing = `console.error("environments/dev.ts: vpcCidr must be a CIDR."); process.exit(1);`;
    const { folder, start } = machine({}, SMALL_STACK, refusing);
    const ended = await start([]).ended;
    expectOnePlainLine(ended, /vpcCidr must be a CIDR\. Nothing was applied\./);
    expect(callsOf(folder, "terraform")).toEqual([]);
  });

  it("lists the environments there are when asked for another", async () => {
    const { start } = machine();
    expectOnePlainLine(
      await start(["--env", "staging"]).ended,
      /no environment "staging"/,
      /Choose from: dev\./,
    );
  });

  it("refuses a stack that would reach real systems", async () => {
    const { folder, start } = machine(
      {},
      {
        ...SMALL_STACK,
        terraform: {
          required_providers: { aws: { source: "aws" }, github: { source: "integrations/github" } },
        },
      },
    );
    expectOnePlainLine(await start([]).ended, /needs github, and only AWS is emulated/);
    expect(callsOf(folder, "terraform")).toEqual([]);
  });

  it("shows Terraform's errors with their resource, and no secret", async () => {
    const { folder, state, start } = machine();
    await start(["--once"]).ended;
    const secrets: unknown = JSON.parse(readFileSync(join(state, "secrets.json"), "utf8"));
    const password = Object.values(secrets ?? {}).join();
    fakeTerraform(folder, {
      apply: {
        fails: [
          { address: "aws_s3_bucket.notes", summary: "creating bucket", detail: `because of ${password}` },
          { summary: "second fault", detail: "" },
        ],
      },
    });
    const { code, stderr, stdout } = await start(["--once", "--check"]).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /• aws_s3_bucket\.notes: creating bucket\n\s+because of \(hidden\)\n\s+• second fault/,
    );
    expect(stderr + stdout).not.toContain(password);
  });
});
