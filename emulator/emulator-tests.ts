import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, request as httpRequest } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DescribeSubnetsCommand, DescribeVpcEncryptionControlsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  AssociateAccessPolicyCommand,
  CreateAccessEntryCommand,
  CreateClusterCommand,
  DeleteAccessEntryCommand,
  DescribeAccessEntryCommand,
  DisassociateAccessPolicyCommand,
  EKSClient,
  ListAssociatedAccessPoliciesCommand,
} from "@aws-sdk/client-eks";
import {
  CreateKeyCommand,
  KMSClient,
  ListResourceTagsCommand,
  ReplicateKeyCommand,
} from "@aws-sdk/client-kms";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { z } from "zod";
import { needs } from "../test/required-tools.js";
import toolVersions from "../tool-versions.json" with { type: "json" };
import { type Emulator, startEmulator } from "./emulator.js";
import type { EmulatorInstallation } from "./find-emulator.js";

/** Enough of a signature for the emulator, which reads who asks and for what from it, and checks nothing. */
const signed = {
  authorization:
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0",
};
const put = (emulator: Emulator, path: string, body?: string) =>
  fetch(`${emulator.endpoint}/${path}`, { method: "PUT", headers: signed, body });
const get = async (emulator: Emulator, path: string) =>
  (await fetch(`${emulator.endpoint}/${path}`, { headers: signed })).text();

const CBOR_CLIENT = fileURLToPath(new URL("./e2e/cloudwatch_over_cbor.py", import.meta.url));

const awsConfig = (emulator: Emulator) => ({
  region: "eu-west-1",
  endpoint: emulator.endpoint,
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
});

/**
 * Tests of the emulator's behaviour, run with one installation of moto.
 *
 * @param installation the moto to test; undefined skips the tests
 */
export function testEmulator(title: string, installation: EmulatorInstallation | undefined): void {
  describe.concurrent(title, { timeout: 120_000, ...needs("moto", installation !== undefined) }, () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "notejam-emulator-test-"));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    /** Starts an emulator that the test need not stop. */
    const start = async (test: TestContext, options: Parameters<typeof startEmulator>[0] = {}) => {
      const emulator = await startEmulator({ ...options, ...(installation && { installation }) });
      test.onTestFinished(() => emulator.stop());
      return emulator;
    };

    it("keeps one connection for many calls", async (test) => {
      const emulator = await start(test);
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const socketOfCall = () =>
        new Promise<unknown>((done, failed) => {
          const request = httpRequest(
            `${emulator.endpoint}/moto-api/notejam/status`,
            { agent },
            (response) => {
              response.resume().once("end", () => done(request.socket));
            },
          );
          request.once("error", failed).end();
        });
      const sockets = [await socketOfCall(), await socketOfCall(), await socketOfCall()];
      agent.destroy();
      expect(new Set(sockets).size).toBe(1);
    });

    it("keeps its resources and objects over a restart", async (test) => {
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

    it("accepts objects although the bucket's policy denies requests without TLS, and applies unconditional denies", async (test) => {
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

    it("drops calls for a lost region, and responds again after the outage", async (test) => {
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

    it("replicates the objects of a replication rule with their lock", async (test) => {
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

    it("responds to parallel calls while it saves", async (test) => {
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

    it("starts empty with the reason when the state file is damaged, and writes a valid one", async (test) => {
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

    it("reports a taken port if it was requested", async () => {
      const other = createServer().listen(0, "127.0.0.1");
      await new Promise((listening) => other.once("listening", listening));
      const address = other.address();
      const port = typeof address === "object" && address ? address.port : 0;
      await expect(startEmulator({ port, ...(installation && { installation }) })).rejects.toThrow(
        `Port ${port} on 127.0.0.1 is taken`,
      );
      other.close();
    });

    it("reports when its process ends without stop()", async (test) => {
      const emulator = await start(test);
      // The server answers a moment before it writes this line.
      await expect
        .poll(() => readFile(emulator.logFile, "utf8"), { timeout: 10_000 })
        .toContain("Running on");
      const { pid } = z
        .object({ pid: z.number() })
        .parse(await (await fetch(`${emulator.endpoint}/moto-api/notejam/status`)).json());
      process.kill(pid, "SIGKILL");
      expect(await emulator.ended).toEqual({
        isStopped: false,
        message: expect.stringContaining("by SIGKILL"),
      });
    });

    it("saves its contents and ends when its parent process is killed", async (test) => {
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

    it("keeps the last state file of another version next to the new one", async (test) => {
      const stateFile = join(folder, "versions.state");
      const first = await start(test, { stateFile });
      expect(first.oldStateFile).toBeUndefined();
      await put(first, "dumps");
      await first.stop();
      const original = (await readFile(stateFile)).toString("latin1");
      for (const version of ["4.0.0", "../4.1.0"]) {
        const foreign = original.replace(/"moto": "[^"]+"/, `"moto": "${version}"`);
        await writeFile(stateFile, foreign, "latin1");
        const next = await start(test, { stateFile });
        expect(next).toMatchObject({
          restored: false,
          whyNotRestored: expect.stringMatching(
            new RegExp(`written with moto ${version}, this is moto .*; the old file is now `),
          ),
        });
        await next.save();
        await next.stop();
        expect((await readFile(next.oldStateFile ?? "")).toString("latin1")).toBe(foreign);
      }
      const files = (await readdir(folder)).filter((file) => file.startsWith("versions.state")).sort();
      expect(files).toEqual(["versions.state", "versions.state.from-moto-.._4.1.0", "versions.state.log"]);
    });

    describe.runIf(installation?.kind === "python")("with an incompatible moto", () => {
      const python = installation?.kind === "python" ? installation.python : "";
      /** Starts the emulator with a Python that finds these files before its own modules. Returns the error message. */
      const startWith = async (name: string, files: Readonly<Record<string, string>>) => {
        const modules = join(folder, name);
        for (const [file, content] of Object.entries(files)) {
          await mkdir(dirname(join(modules, file)), { recursive: true });
          await writeFile(join(modules, file), content);
        }
        const wrapper = join(modules, "python");
        await writeFile(wrapper, `#!/bin/sh\nPYTHONPATH='${modules}' exec '${python}' "$@"\n`, {
          mode: 0o755,
        });
        const error: unknown = await startEmulator({
          installation: { kind: "python", python: wrapper, motoVersion: "", warnings: [] },
        }).catch((reason: unknown) => reason);
        expect(error).toMatchObject({ name: "EmulatorError", code: "incompatible" });
        return error instanceof Error ? error.message : "";
      };
      const { minimum, newestTested } = toolVersions.moto;
      const hint = `Supported: moto ${minimum} to ${newestTested}. Install it with: `;

      it.each([
        ["a method is missing", "del EKSResponse.create_nodegroup", "EKSResponse has no create_nodegroup"],
        [
          "a method takes other parameters",
          "EKSResponse.create_nodegroup = lambda self, request: None",
          "takes (self, request) instead of (self)",
        ],
      ])("exits with one line that names the incompatibility: %s", async (title, change, says) => {
        const code = `from moto.eks.responses import EKSResponse\n${change}\n`;
        const message = await startWith(title.replaceAll(" ", "-"), { "sitecustomize.py": code });
        expect(message).toContain("The AWS emulator cannot start: moto 5.");
        expect(message).toContain(says);
        expect(message).toContain(hint);
        expect(message).not.toMatch(/\n|Traceback/);
      });

      it("exits with one line when moto is missing or incomplete", async () => {
        const bare = await startWith("bare", { "moto/__init__.py": "__version__ = '9.9.9'\n" });
        expect(bare).toContain(
          "moto 9.9.9 is incompatible with the emulator's extension (No module named 'moto.",
        );
        const none = await startWith("none", { "moto/__init__.py": "raise ImportError('no flask')\n" });
        expect(none).toContain("has no moto[server] (no flask)");
        for (const message of [bare, none]) {
          expect(message).toContain(hint);
          expect(message).not.toMatch(/\n|Traceback/);
        }
      });
    });

    it.runIf(installation?.kind === "python")(
      "answers CloudWatch in RPC v2 CBOR: alarms, tags, dashboards, compressed requests, errors",
      async (test) => {
        const emulator = await start(test);
        const python = installation?.kind === "python" ? installation.python : "";
        const { stdout } = await execa(python, [CBOR_CLIENT, emulator.endpoint], {
          env: {
            AWS_EC2_METADATA_DISABLED: "true",
            AWS_CONFIG_FILE: "/dev/null",
            PYTHONDONTWRITEBYTECODE: "1",
          },
        });
        const saw = z.looseObject({ ageOfAlarm: z.number() }).parse(JSON.parse(stdout));
        expect(Math.abs(saw.ageOfAlarm)).toBeLessThan(60);
        expect(saw).toMatchObject({
          alarm: {
            AlarmName: "errors",
            AlarmDescription: "Größe",
            Dimensions: [{ Name: "Service", Value: "web" }],
            Period: 60,
            EvaluationPeriods: 3,
            Threshold: 0.5,
            ActionsEnabled: false,
          },
          composite: { AlarmName: "any", AlarmRule: 'ALARM("errors")' },
          tags: [{ Key: "team", Value: "notes" }],
          dashboard: true,
          missingDashboard: { code: "ResourceNotFound", status: 404 },
          dashboards: [],
          metrics: 300,
          alarmsLeft: [],
          notInMoto: { code: "NotImplemented", status: 501 },
        });
      },
    );

    it("responds to CloudWatch calls in RPC v2 CBOR byte by byte", async (test) => {
      const emulator = await start(test);
      const call = async (operation: string, body: string) => {
        const response = await fetch(
          `${emulator.endpoint}/service/GraniteServiceVersion20100801/operation/${operation}`,
          {
            method: "POST",
            headers: {
              authorization: signed.authorization.replace("/s3/", "/monitoring/"),
              "smithy-protocol": "rpc-v2-cbor",
              "content-type": "application/cbor",
            },
            body: Buffer.from(body, "latin1"),
          },
        );
        expect(response.headers.get("smithy-protocol")).toBe("rpc-v2-cbor");
        expect(response.headers.get("content-type")).toBe("application/cbor");
        return {
          status: response.status,
          body: Buffer.from(await response.arrayBuffer()).toString("latin1"),
        };
      };
      // {"AlarmNames": ["a"]}: a map of one pair, a text of 10 bytes, a list of one text of 1 byte.
      expect(await call("DescribeAlarms", "\xa1\x6aAlarmNames\x81\x61a")).toEqual({
        status: 200,
        body: "\xa2\x6fCompositeAlarms\x80\x6cMetricAlarms\x80",
      });
      // {_ "AlarmNames": [_ "a"]}, both of indefinite length, as some SDKs send them.
      expect((await call("DescribeAlarms", "\xbf\x6aAlarmNames\x9f\x61a\xff\xff")).status).toBe(200);
      expect(await call("DeleteAlarms", "\xa1\x6aAlarmNames\x80")).toEqual({ status: 200, body: "\xa0" });
      const unknown = await call("FlyToTheMoon", "\xa0");
      expect(unknown.status).toBe(404);
      expect(unknown.body).toContain("com.amazonaws.cloudwatch#UnknownOperationException");
      const missing = await call("GetDashboard", "\xa1\x6dDashboardName\x64none");
      expect(missing.status).toBe(404);
      expect(missing.body).toContain("\x66__type");
      expect(missing.body).toContain("com.amazonaws.cloudwatch#DashboardNotFoundError");
      const malformed = await call("DescribeAlarms", "\xa1\x6aAlarm");
      expect(malformed.status).toBe(400);
      expect(malformed.body).toContain("com.amazonaws.cloudwatch#SerializationException");
    });

    it("stores the tags of CreateBucket until the bucket is deleted", async (test) => {
      const emulator = await start(test);
      const create = (configuration: string) =>
        put(
          emulator,
          "dumps",
          `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${configuration}</CreateBucketConfiguration>`,
        );
      const tags = () => get(emulator, "dumps?tagging");
      const two =
        "<Tags><Tag><Key>env</Key><Value>dev</Value></Tag><Tag><Key>empty</Key><Value></Value></Tag></Tags>";
      expect((await create(two)).status).toBe(200);
      expect(await tags()).toContain("<Tag><Key>env</Key><Value>dev</Value></Tag>");
      expect(await tags()).toMatch(/<Key>empty<\/Key><Value( \/>|\/>|><\/Value>)/);
      // In us-east-1 the owner may create a bucket again, which changes nothing.
      await create("<Tags><Tag><Key>env</Key><Value>prod</Value></Tag></Tags>");
      expect(await tags()).toContain("<Value>dev</Value>");

      await fetch(`${emulator.endpoint}/dumps`, { method: "DELETE", headers: signed });
      expect((await put(emulator, "dumps")).status).toBe(200);
      expect(await tags()).toContain("NoSuchTagSet");
    });

    it("creates, describes and deletes an EKS access entry for an IAM Identity Center role", async (test) => {
      const emulator = await start(test);
      const config = awsConfig(emulator);
      const ec2 = new EC2Client(config);
      const eks = new EKSClient(config);
      const { Subnets } = await ec2.send(new DescribeSubnetsCommand({}));
      const subnetIds = (Subnets ?? []).flatMap(({ SubnetId }) => SubnetId ?? []);
      await eks.send(
        new CreateClusterCommand({
          name: "notes",
          roleArn: "arn:aws:iam::123456789012:role/cluster",
          resourcesVpcConfig: { subnetIds },
        }),
      );
      const clusterName = "notes";
      const principalArn =
        "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef";
      const policyArn = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";
      await eks.send(new CreateAccessEntryCommand({ clusterName, principalArn, tags: { team: "notes" } }));
      const { accessEntry } = await eks.send(new DescribeAccessEntryCommand({ clusterName, principalArn }));
      expect(accessEntry).toMatchObject({
        principalArn,
        clusterName,
        type: "STANDARD",
        tags: { team: "notes" },
      });
      expect(accessEntry?.accessEntryArn).toContain(":eu-west-1:");
      const policies = async () => {
        const listed = await eks.send(new ListAssociatedAccessPoliciesCommand({ clusterName, principalArn }));
        return listed.associatedAccessPolicies?.map((policy) => policy.policyArn);
      };
      const accessScope = { type: "cluster" as const };
      await eks.send(new AssociateAccessPolicyCommand({ clusterName, principalArn, policyArn, accessScope }));
      expect(await policies()).toEqual([policyArn]);
      await eks.send(new DisassociateAccessPolicyCommand({ clusterName, principalArn, policyArn }));
      expect(await policies()).toEqual([]);
      await eks.send(new DeleteAccessEntryCommand({ clusterName, principalArn }));
      await expect(eks.send(new DescribeAccessEntryCommand({ clusterName, principalArn }))).rejects.toThrow(
        "could not be found",
      );
    });

    it("sets the tags of ReplicateKey on the replica key only", async (test) => {
      const emulator = await start(test);
      const primary = new KMSClient(awsConfig(emulator));
      const replica = new KMSClient({ ...awsConfig(emulator), region: "eu-central-1" });
      const { KeyMetadata } = await primary.send(new CreateKeyCommand({ MultiRegion: true }));
      const KeyId = KeyMetadata?.KeyId;
      const Tags = [{ TagKey: "env", TagValue: "dev" }];
      await primary.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: "eu-central-1", Tags }));
      expect((await replica.send(new ListResourceTagsCommand({ KeyId }))).Tags).toEqual(Tags);
      expect((await primary.send(new ListResourceTagsCommand({ KeyId }))).Tags).toEqual([]);
    });

    it("returns an empty list of VPC encryption controls", async (test) => {
      const ec2 = new EC2Client(awsConfig(await start(test)));
      expect((await ec2.send(new DescribeVpcEncryptionControlsCommand({}))).VpcEncryptionControls).toEqual(
        [],
      );
    });
  });
}
