import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, request as httpRequest } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext, vi } from "vitest";
import { z } from "zod";
import { type Emulator, emulatorCommand, startEmulator } from "./emulator.js";
import { findEmulator } from "./find-emulator.js";

const installation = await findEmulator().catch((problem: Error) => {
  console.warn(`NOT TESTED, the emulator's own tests: ${problem.message}`);
  return undefined;
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "notejam-emulator-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Enough of a signature for the emulator, which reads who asks and for what from it, and checks nothing. */
const signed = {
  authorization:
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0",
};
const put = (emulator: Emulator, path: string, body?: string) =>
  fetch(`${emulator.endpoint}/${path}`, { method: "PUT", headers: signed, body });
const get = async (emulator: Emulator, path: string) =>
  (await fetch(`${emulator.endpoint}/${path}`, { headers: signed })).text();

describe.runIf(installation !== undefined).concurrent("a running emulator", { timeout: 120_000 }, () => {
  /** Starts an emulator that the test need not stop. */
  const start = async (test: TestContext, options: Parameters<typeof startEmulator>[0] = {}) => {
    const emulator = await startEmulator({ ...options, installation });
    test.onTestFinished(() => emulator.stop());
    return emulator;
  };

  it("keeps one connection for many calls", async (test) => {
    const emulator = await start(test);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const socketOfCall = () =>
      new Promise<unknown>((done, failed) => {
        const request = httpRequest(`${emulator.endpoint}/moto-api/notejam/status`, { agent }, (response) => {
          response.resume().once("end", () => done(request.socket));
        });
        request.once("error", failed).end();
      });
    const sockets = [await socketOfCall(), await socketOfCall(), await socketOfCall()];
    agent.destroy();
    expect(new Set(sockets).size).toBe(1);
  });

  it("keeps what was made in it over a stop and a start, objects included", async (test) => {
    const stateFile = join(folder, "kept.state");
    const first = await start(test, { stateFile });
    expect(first.restored).toBe(false);
    await put(first, "dumps");
    await put(first, "dumps/2026/note.sql", "select 1;");
    await first.stop();

    const second = await start(test, { stateFile });
    expect(second).toMatchObject({ restored: true, whyNotRestored: "" });
    expect(await get(second, "dumps/2026/note.sql")).toBe("select 1;");
    expect(await second.listResources()).toContainEqual(
      expect.objectContaining({ service: "s3", type: "bucket", id: "dumps" }),
    );
  });

  it("takes objects although the bucket's policy denies what comes without TLS, but not what it denies to all", async (test) => {
    const emulator = await start(test);
    const deny = (action: string, condition: object) => ({
      Effect: "Deny",
      Principal: "*",
      Action: action,
      Resource: "arn:aws:s3:::dumps/*",
      ...condition,
    });
    const policy = {
      Version: "2012-10-17",
      Statement: [
        deny("s3:*", { Condition: { Bool: { "aws:SecureTransport": "false" } } }),
        deny("s3:GetObject", {}),
      ],
    };
    await put(emulator, "dumps");
    expect((await put(emulator, "dumps?policy", JSON.stringify(policy))).ok).toBe(true);
    expect((await put(emulator, "dumps/notes", "text")).status).toBe(200);
    expect(await get(emulator, "dumps/notes")).toBe("");
  });

  it("drops calls for a lost region, and answers again once it is back", async (test) => {
    const emulator = await start(test);
    const ask = (region: string) =>
      fetch(`${emulator.endpoint}/`, {
        headers: { authorization: signed.authorization.replace("us-east-1", region) },
      });
    await emulator.loseRegions(["eu-west-1"]);
    await expect(ask("eu-west-1")).rejects.toThrow();
    expect((await ask("eu-central-1")).status).toBe(200);
    await emulator.loseRegions([]);
    expect((await ask("eu-west-1")).status).toBe(200);
  });

  it("copies what a replication rule names, locked as the first", async (test) => {
    const emulator = await start(test);
    const lock =
      "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1095</Days></DefaultRetention></Rule></ObjectLockConfiguration>";
    const rules =
      "<ReplicationConfiguration><Role>r</Role><Rule><ID>one</ID><Priority>0</Priority><Status>Enabled</Status><Filter><Prefix>dumps/</Prefix></Filter><Destination><Bucket>arn:aws:s3:::there</Bucket><StorageClass>GLACIER_IR</StorageClass></Destination></Rule></ReplicationConfiguration>";
    for (const bucket of ["here", "there"]) {
      await fetch(`${emulator.endpoint}/${bucket}`, {
        method: "PUT",
        headers: { ...signed, "x-amz-bucket-object-lock-enabled": "true" },
      });
    }
    await put(emulator, "here?object-lock", lock);
    await put(emulator, "here?replication", rules);
    const checksum = { ...signed, "x-amz-sdk-checksum-algorithm": "CRC32" };
    for (const key of ["dumps/one", "other/two"]) {
      await fetch(`${emulator.endpoint}/here/${key}`, { method: "PUT", headers: checksum, body: "notes" });
    }
    const copy = await fetch(`${emulator.endpoint}/there/dumps/one`, { headers: signed });
    expect(await copy.text()).toBe("notes");
    expect(copy.headers.get("x-amz-storage-class")).toBe("GLACIER_IR");
    expect(copy.headers.get("x-amz-object-lock-mode")).toBe("GOVERNANCE");
    expect((await fetch(`${emulator.endpoint}/there/other/two`, { headers: signed })).status).toBe(404);
  });

  it("answers every one of many parallel calls while it saves again and again", async (test) => {
    const stateFile = join(folder, "busy.state");
    const emulator = await start(test, { stateFile });
    const clients = Array.from({ length: 16 }, async (_, client) => {
      await put(emulator, `bucket-${client}`);
      for (let object = 0; object < 10; object += 1) {
        expect((await put(emulator, `bucket-${client}/${object}`, "x".repeat(1000))).status).toBe(200);
      }
    });
    const saves = Array.from({ length: 3 }, () => emulator.save());
    await Promise.all([...clients, ...saves]);
    await emulator.stop();
    const names = (await (await start(test, { stateFile })).listResources()).map((resource) => resource.id);
    expect(names).toHaveLength(16);
  });

  it("starts empty and says why when the state file is damaged, and leaves a good one after it", async (test) => {
    const stateFile = join(folder, "damaged.state");
    const first = await start(test, { stateFile });
    await put(first, "dumps");
    await first.stop();
    const whole = await readFile(stateFile);
    await writeFile(stateFile, whole.subarray(0, whole.length - 10));

    const second = await start(test, { stateFile });
    expect(second.restored).toBe(false);
    expect(second.whyNotRestored).toMatch(/damaged/);
    expect(await second.listResources()).toEqual([]);
    expect(await second.save()).toBeGreaterThan(0);
    await second.stop();
    expect((await start(test, { stateFile })).restored).toBe(true);
  });

  it("starts empty when another version wrote the state file", async (test) => {
    const stateFile = join(folder, "foreign.state");
    const first = await start(test, { stateFile });
    await first.save();
    await first.stop();
    const text = (await readFile(stateFile)).toString("latin1");
    await writeFile(stateFile, text.replace(/"moto": "[^"]+"/, '"moto": "4.0.0"'), "latin1");

    const second = await start(test, { stateFile });
    expect(second.restored).toBe(false);
    expect(second.whyNotRestored).toMatch(/moto 4\.0\.0/);
  });

  it("says that a port is taken when a certain one is asked for", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => other.once("listening", listening));
    const address = other.address();
    const port = typeof address === "object" && address ? address.port : 0;
    await expect(startEmulator({ port, installation })).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken`);
    other.close();
  });

  it("tells when its process is gone though nobody stopped it", async (test) => {
    const emulator = await start(test);
    const log = await readFile(emulator.logFile, "utf8");
    expect(log).toContain("Running on");
    const { pid } = z
      .object({ pid: z.number() })
      .parse(await (await fetch(`${emulator.endpoint}/moto-api/notejam/status`)).json());
    process.kill(pid, "SIGKILL");
    expect(await emulator.ended).toEqual({ asked: false, how: expect.stringContaining("by SIGKILL") });
  });

  it("ends, and keeps its contents, when the process that started it is killed", async (test) => {
    const stateFile = join(folder, "orphan.state");
    const module = new URL("./emulator.ts", import.meta.url).href;
    const program = `
      const { startEmulator } = await import(${JSON.stringify(module)});
      const emulator = await startEmulator(${JSON.stringify({ stateFile, installation })});
      await fetch(emulator.endpoint + "/orphaned", { method: "PUT", headers: ${JSON.stringify(signed)} });
      console.log(emulator.endpoint);
      setInterval(() => {}, 1000);
    `;
    const parent = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program]);
    const endpoint = await new Promise<string>((line) => {
      parent.stdout.once("data", (data: Buffer) => line(data.toString().trim()));
    });
    parent.kill("SIGKILL");
    await test.expect
      .poll(
        () =>
          fetch(endpoint).then(
            () => "answers",
            () => "gone",
          ),
        { timeout: 20_000 },
      )
      .toBe("gone");
    expect(await get(await start(test, { stateFile }), "")).toContain("<Name>orphaned</Name>");
  });
});

describe("the command that runs the emulator", () => {
  it("shows a container the extension, the state's folder and the loopback port, and nothing else", () => {
    const { program, args } = emulatorCommand(
      { kind: "docker", docker: "docker", image: "motoserver/moto:5.2.1", warnings: [] },
      { port: 4711, stateFile: "/home/someone/.notejam/aws.state" },
    );
    const line = args.join(" ");
    expect(program).toBe("docker");
    expect(line).toContain("--publish 127.0.0.1:4711:4711");
    expect(line).toMatch(/--volume \S+\/extension:\/extension:ro/);
    expect(line).toContain("--volume /home/someone/.notejam:/state");
    expect(line).toContain("--state /state/aws.state");
    expect(line).toContain("--entrypoint python motoserver/moto:5.2.1 /extension/server.py");
  });

  it("keeps a developer's AWS settings away from moto", () => {
    vi.stubEnv("AWS_PROFILE", "someone");
    const { env } = emulatorCommand(
      { kind: "python", python: "python3", motoVersion: "5.2.1", warnings: [] },
      { port: 4711 },
    );
    vi.unstubAllEnvs();
    expect(env).not.toHaveProperty("AWS_PROFILE");
    expect(env).toHaveProperty("MOTO_IAM_LOAD_MANAGED_POLICIES", "true");
  });
});
