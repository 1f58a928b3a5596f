import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Emulator, startEmulator } from "@notejam/emulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyStack, destroyStack, type StackRunProps, terraformRun } from "../src/local/apply-stack.js";
import { Interruption } from "../src/local/interruption.js";
import { type PreparedStack, prepareStack } from "../src/local/prepare-stack.js";
import { plainProgress } from "../src/local/progress.js";
import { StateFolder, writeWhole } from "../src/local/state-folder.js";
import { findTerraform } from "../src/terraform/find-terraform.js";
import { cliConfigFor, findProviderMirror } from "../src/terraform/provider-mirror.js";
import { synthesize } from "../src/terraform/synthesize-app.js";
import { plan, validate } from "../src/terraform/terraform.js";
import { appliedSettings } from "./applied-rules.js";
import { retentionViolations, simulateYears } from "./backup-retention.js";

/*
 * All stacks in one emulated account: bootstrap, dev, prod, and a standby of prod in its DR region. The limits of the
 * emulator are in docs/emulator.md.
 */

/** Stacks in the order of their deployment. They are destroyed in the opposite order. */
const STACKS = ["notejam-bootstrap", "notejam-dev", "notejam-prod", "notejam-prod-eu-central-1"] as const;

/** Values of the sensitive variables. */
const CANARY = {
  db_user: `canary_${randomBytes(6).toString("hex")}`,
  db_pass: `Canary-"${randomBytes(12).toString("hex")}\\`,
};

let home: string;
let emulator: Emulator;
let runs: Map<string, StackRunProps>;
const printed: string[] = [];

beforeAll(async () => {
  await mkdir("out", { recursive: true });
  home = await mkdtemp(resolve("out", "account-e2e-"));
  const folder = new StateFolder(join(home, "state"));
  folder.prepare();
  const mirror = findProviderMirror();
  if (mirror) writeWhole(folder.cliConfig, cliConfigFor(mirror));
  const terraform = await findTerraform();
  emulator = await startEmulator({ stateFile: folder.emulatorState, logFile: folder.emulatorLog });
  const stacks = await synthesizeWithStandby(folder.out);
  const progress = plainProgress((line) => {
    printed.push(line);
    if (!/ (created|destroyed|deleted|modified) \(/.test(line)) console.log(line);
  });
  const applied = stacks.filter(({ name }) => STACKS.some((stack) => stack === name));
  runs = new Map(
    applied.map((stack) => {
      const prepared = prepareStack({ stack, folder, mirror, terraformVersion: terraform.version });
      const run: StackRunProps = {
        stack: withCanary(prepared),
        folder,
        emulator,
        terraform,
        cliConfig: mirror ? folder.cliConfig : undefined,
        parallelism: 20,
        progress,
        interruption: new Interruption(),
      };
      return [stack.name, run];
    }),
  );
});

afterAll(async () => {
  await emulator?.stop();
  await rm(home, { recursive: true, force: true });
});

/** Synthesizes the repository's environments and a standby of prod in its DR region. */
async function synthesizeWithStandby(out: string) {
  const environments = join(home, "environments");
  await mkdir(environments);
  for (const name of await readdir("environments")) {
    const text = await readFile(join("environments", name), "utf8");
    await writeFile(join(environments, name), text.replace('"../src/', `"${resolve("src")}/`));
  }
  await writeFile(
    join(environments, "prod-eu-central-1.ts"),
    `import { createStandby } from "${resolve("src/config/environment.js")}";
import prod from "./prod.js";
export default createStandby(prod, "eu-central-1", { drRegion: "eu-west-1", vpcCidr: "10.40.0.0/16" });
`,
  );
  process.env.NOTEJAM_ENVIRONMENTS = environments;
  try {
    return await synthesize({ projectFolder: resolve("."), out });
  } finally {
    delete process.env.NOTEJAM_ENVIRONMENTS;
  }
}

/** Sets the sensitive variables to the canaries. Terraform's output is not masked, so that the test finds them. */
function withCanary(stack: PreparedStack): PreparedStack {
  const planted = Object.entries(CANARY).filter(([name]) => name in stack.synthesized.variable);
  return { ...stack, variables: { ...stack.variables, ...Object.fromEntries(planted) }, secrets: [] };
}

function runOf(name: string): StackRunProps {
  const run = runs.get(name);
  if (!run) throw new Error(`no stack ${name}; the stacks are ${[...runs.keys()].join(", ")}`);
  return run;
}

/** Files in a folder that contain a text, plain or in an encoding that Terraform uses. */
async function filesWith(directory: string, text: string): Promise<string[]> {
  const forms = [text, JSON.stringify(text).slice(1, -1), Buffer.from(text).toString("base64")];
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found: string[] = [];
  for (const file of files) {
    const content = await readFile(file, "latin1");
    if (forms.some((form) => content.includes(form))) found.push(file);
  }
  return found;
}

async function secretString(region: string, name: string): Promise<Record<string, string>> {
  const response = await fetch(emulator.endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "secretsmanager.GetSecretValue",
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/secretsmanager/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify({ SecretId: name }),
  });
  const secret: { SecretString: string } = JSON.parse(await response.text());
  return JSON.parse(secret.SecretString);
}

function callS3(method: string, path: string, body?: string): Promise<Response> {
  const authorization =
    "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0";
  const headers = new Headers({ authorization });
  // Buckets with a default retention require a checksum for uploads.
  if (body !== undefined) headers.set("content-md5", createHash("md5").update(body).digest("base64"));
  return fetch(`${emulator.endpoint}/${path}`, { method, body, headers });
}

/** Returns the response of S3 for a path: a bucket's settings, an object, or the list of all buckets. */
async function askS3(path: string): Promise<string> {
  const response = await callS3("GET", path);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.text();
}

/** Names of the backup buckets and their replicas. */
async function backupBuckets(): Promise<string[]> {
  const names = [...(await askS3("")).matchAll(/<Name>([^<]+)<\/Name>/g)].map(([, name = ""]) => name);
  return names.filter((name) => /-backup(-replica)?-\d{12}$/.test(name));
}

describe("all stacks in one account", () => {
  it("are complete, except for HCP Terraform resources of the bootstrap, which are reported", () => {
    const leftOut = STACKS.flatMap((name) => runOf(name).stack.leftOut.map((note) => `${name}: ${note}`));
    expect(leftOut).toEqual([
      expect.stringMatching(/^notejam-bootstrap: HCP Terraform is not emulated: \d+ .* left out/),
    ]);
  });

  it.each(STACKS)("%s is valid and can be applied", async (name) => {
    const run = runOf(name);
    await applyStack(run);
    await validate(terraformRun(run));
  });

  it.each(STACKS)("%s: a second plan has no changes", async (name) => {
    const planFile = join(home, `${name}.tfplan`);
    expect(await plan(terraformRun(runOf(name)), planFile)).toMatchObject({ add: 0, change: 0, remove: 0 });
  });

  it("store the database login in Secrets Manager, also in the DR region", async () => {
    for (const [region, name] of [
      ["eu-west-1", "notejam/dev/database"],
      ["eu-west-1", "notejam/prod/database"],
      ["eu-central-1", "notejam/prod/database"],
      ["eu-central-1", "notejam/prod-eu-central-1/database"],
    ] as const) {
      expect(await secretString(region, name), `${name} in ${region}`).toMatchObject({
        POSTGRES_USER: CANARY.db_user,
        POSTGRES_PASS: CANARY.db_pass,
        POSTGRES_DB: "notejam",
        POSTGRES_PORT: "5432",
        POSTGRES_URL: expect.stringMatching(/\S+/),
        POSTGRES_READER_URL: expect.stringMatching(/\S+/),
      });
    }
  });

  it("keep every backup for three years, by the lifecycle rules that S3 returns", async () => {
    const buckets = await backupBuckets();
    expect(buckets.length).toBe(2 * STACKS.filter((stack) => stack !== "notejam-bootstrap").length);
    for (const bucket of buckets) {
      const applied = appliedSettings(
        await askS3(`${bucket}?lifecycle`),
        await askS3(`${bucket}?object-lock`),
      );
      expect(applied.rules.length, bucket).toBeGreaterThanOrEqual(4);
      expect(retentionViolations(simulateYears(applied), 1095), bucket).toEqual([]);
    }
  });

  it("deny deletion of backups, and let the backup job abort incomplete uploads", async () => {
    for (const bucket of await backupBuckets()) {
      const dump = `${bucket}/dumps/2026/11/01/x/notejam.dump`;
      expect((await callS3("PUT", dump, "dump")).status, dump).toBe(200);
      expect((await callS3("DELETE", dump)).status, dump).toBe(403);
      expect(await askS3(dump), dump).toBe("dump");
      const begun = await (await callS3("POST", `${dump}?uploads`, "")).text();
      const [, upload] = /<UploadId>([^<]+)</.exec(begun) ?? [];
      expect((await callS3("DELETE", `${dump}?uploadId=${upload}`)).status, dump).toBe(204);
    }
  });

  it("keep secrets out of states, saved plans, JSON, logs and output", async () => {
    const emulated = runOf("notejam-dev").folder.emulatorState;
    for (const [name, value] of Object.entries(CANARY)) {
      // Only the emulated account may contain them, as AWS does.
      expect(
        (await filesWith(home, value)).filter((file) => file !== emulated),
        name,
      ).toEqual([]);
      expect(
        printed.filter((line) => line.includes(value)),
        name,
      ).toEqual([]);
    }
  });

  it.each([...STACKS].reverse())("%s is destroyed", async (name) => {
    await destroyStack(runOf(name));
  });

  it("leave only the hosted zone that existed before", async () => {
    const remaining = (await emulator.listResources()).map(
      ({ service, type, id }) => `${service} ${type} ${id}`,
    );
    expect(remaining.filter((line) => !/^route53 /.test(line))).toEqual([]);
    expect(remaining.length).toBeLessThanOrEqual(1);
  });
});
