import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ECRClient, PutImageCommand } from "@aws-sdk/client-ecr";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { type Emulator, startEmulator } from "@notejam/emulator";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Application } from "../src/local/application/application.js";
import { findPostgres } from "../src/local/application/find-postgres.js";
import { secretValue } from "../src/local/application/mounted-secrets.js";
import { applyStack, type StackRunProps, terraformRun } from "../src/local/apply-stack.js";
import { Interruption } from "../src/local/interruption.js";
import { readOutputs } from "../src/local/inventory.js";
import { prepareStack } from "../src/local/prepare-stack.js";
import { plainProgress } from "../src/local/progress.js";
import { StateFolder, writeWhole } from "../src/local/state-folder.js";
import { findKustomize } from "../src/manifests/render.js";
import { findTerraform, type Terraform } from "../src/terraform/find-terraform.js";
import { cliConfigFor, findProviderMirror } from "../src/terraform/provider-mirror.js";
import { synthesize } from "../src/terraform/synthesize-app.js";
import { plan } from "../src/terraform/terraform.js";
import { FormClient } from "./local-application.js";

/*
 * Test of docs/runbook/region-failover.md: production with notes runs in one region; the region with all its endpoints
 * fails; the standby is deployed in the DR region from replicas; the notes are read there.
 *
 * The emulator has no latency and no cluster: the printed times are those of this project's programs, not of AWS
 * (docs/end-to-end-tests.md).
 */

const PRIMARY_REGION = "eu-west-1";
const DR_REGION = "eu-central-1";
const STANDBY = `prod-${DR_REGION}`;

const LOGIN = { email: "ann@example.com", password: "long enough" };
const NOTES = ["Before the failure", "Ένα σημείωμα ✎ 𝒾𝓃 𝓂𝒶𝓃𝓎 𝓈𝒸𝓇𝒾𝓅𝓉𝓈 🗒️"];

/** Image manifest, the only part of an image that the emulated registry needs. */
const IMAGE = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  config: {
    mediaType: "application/vnd.oci.image.config.v1+json",
    size: 2,
    digest: `sha256:${"0".repeat(64)}`,
  },
  layers: [],
});

let home: string;
let environments: string;
let folder: StateFolder;
let emulator: Emulator;
let terraform: Terraform;
const applications: Application[] = [];
const times: string[] = [];
const progress = plainProgress((line) => {
  if (!/ (created|read) \(/.test(line)) console.log(line);
});

beforeAll(async () => {
  await mkdir("out", { recursive: true });
  home = await mkdtemp(resolve("out", "region-failover-e2e-"));
  environments = join(home, "environments");
  await cp("environments", environments, { recursive: true });
  // Environment files import from folders next to theirs.
  await symlink(resolve("src"), join(home, "src"));
  folder = new StateFolder(join(home, "state"));
  folder.prepare();
  const mirror = findProviderMirror();
  if (mirror) writeWhole(folder.cliConfig, cliConfigFor(mirror));
  terraform = await findTerraform();
  emulator = await startEmulator({ stateFile: folder.emulatorState, logFile: folder.emulatorLog });
  for (const [name, value] of Object.entries(emulator.environment)) {
    if (name.startsWith("AWS_")) process.env[name] = value;
  }
});

afterAll(async () => {
  await Promise.all(applications.map((application) => application.stop()));
  await emulator?.stop();
  await rm(home, { recursive: true, force: true });
  for (const name of Object.keys(emulator?.environment ?? {})) delete process.env[name];
  console.log(`\nSteps of the failover:\n${times.join("\n")}`);
});

async function timed<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const started = performance.now();
  const result = await work();
  times.push(`${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  ${what}`);
  return result;
}

/** Synthesizes the current environments and prepares one stack. */
async function runOf(name: string, variables: Record<string, string> = {}): Promise<StackRunProps> {
  process.env.NOTEJAM_ENVIRONMENTS = environments;
  const stacks = await synthesize({ projectFolder: resolve("."), out: folder.out }).finally(() => {
    delete process.env.NOTEJAM_ENVIRONMENTS;
  });
  const stack = stacks.find((candidate) => candidate.name === name);
  if (stack === undefined) throw new Error(`no stack ${name}`);
  const mirror = findProviderMirror();
  const prepared = prepareStack({ stack, folder, mirror, terraformVersion: terraform.version });
  return {
    stack: { ...prepared, variables: { ...prepared.variables, ...variables } },
    folder,
    emulator,
    terraform,
    cliConfig: mirror ? folder.cliConfig : undefined,
    parallelism: 20,
    progress,
    interruption: new Interruption(),
  };
}

/** Notejam of one environment, with its own database and the environment variables of its pods. */
async function startApplication(environmentId: string) {
  const stack = `notejam-${environmentId}`;
  const application = new Application({
    projectFolder: resolve("."),
    environmentId,
    folder: folder.application(environmentId),
    platformFile: join(folder.stackFolder(stack), "cdk.tf.json"),
    gitopsFile: join(folder.stackFolder(`${stack}-gitops`), "cdk.tf.json"),
    kustomize: await findKustomize(),
    postgres: await findPostgres(),
    port: 0,
    progress,
    interruption: new Interruption(),
  });
  applications.push(application);
  const outputs = readOutputs(await readFile(folder.terraformState(stack), "utf8"));
  const { address } = await application.start({ endpoint: emulator.endpoint, outputs });
  return { application, person: new FormClient(address), outputs };
}

function failOver(...args: readonly string[]) {
  const program = ["--no-warnings", "--import", "tsx", "src/cli/index.ts", "failover"];
  const command = [...program, "--env", "prod", "--to", DR_REGION, "--environments", environments, ...args];
  return execa(process.execPath, command, { reject: false, env: emulator.environment });
}

const digestOfState = async () =>
  createHash("sha256")
    .update(await readFile(folder.terraformState("notejam-prod")))
    .digest("hex");

describe("a failover without the primary region", () => {
  let primaryState: string;

  it("reports missing preconditions before the primary is deployed", async () => {
    const { exitCode, stdout } = await failOver("--dry-run");
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✖ keys +alias\/rds-cmk-prod-replica is not in eu-central-1/);
    expect(stdout).toMatch(
      /✖ backups +the bucket notejam-prod-eu-west-1-backup-replica-\d{12} does not exist/,
    );
    expect(stdout).toMatch(/✖ images /);
    expect(stdout).toMatch(/✖ roles +the role notejam-prod-eu-central-1-plan does not exist/);
    expect(stdout).not.toContain("Steps:");
  });

  it("starts with production in the primary region, with notes, a tested backup and an image", async () => {
    await applyStack(await runOf("notejam-bootstrap"));
    await applyStack(await runOf("notejam-prod"));
    const { application, person } = await startApplication("prod");
    expect(await person.send("/signup/", { ...LOGIN, repeat_password: LOGIN.password })).toBe(303);
    expect(await person.send("/signin/", LOGIN)).toBe(303);
    for (const name of NOTES) {
      expect(await person.send("/notes/create/", { name, text: `${name}: text`, pad: "" })).toBe(303);
    }
    await application.perform("backup");
    await application.perform("restore-test");
    await new ECRClient({ region: PRIMARY_REGION }).send(
      new PutImageCommand({
        repositoryName: "notejam-prod-ecr-registry",
        imageManifest: IMAGE,
        imageTag: "v1.0.0",
      }),
    );
    await application.stop();
    primaryState = await digestOfState();
  });

  it("fails the primary region: its endpoints do not respond", async () => {
    await emulator.loseRegions([PRIMARY_REGION]);
    const outputs = readOutputs(await readFile(folder.terraformState("notejam-prod"), "utf8"));
    const s3 = new S3Client({ region: PRIMARY_REGION, forcePathStyle: true, maxAttempts: 1 });
    const read = new GetObjectCommand({ Bucket: String(outputs.backup_bucket), Key: "dumps/any" });
    await expect(s3.send(read)).rejects.toThrow();
  });

  it("passes the preconditions using only the DR region, and writes the standby's environment file", async () => {
    const checked = await timed("npm run failover: preconditions and plan", () => failOver());
    console.log(checked.stdout);
    expect(checked).toMatchObject({ exitCode: 0, stderr: "" });
    expect(checked.stdout).not.toContain("✖");
    for (const precondition of [
      "zones",
      "instance-types",
      "keys",
      "secrets",
      "images",
      "backups",
      "names",
      "roles",
    ]) {
      expect(checked.stdout).toMatch(new RegExp(`✔ ${precondition} `));
    }
    expect(checked.stdout).toMatch(/newest is \d{8}T\d{6}Z-[0-9a-f]{8}: .* would be lost \(RPO\)/);
    expect(checked.stdout).toMatch(/newest verified by a restore test is/);
    expect(checked.stdout).toContain(`npx cdktf deploy notejam-${STANDBY}`);
    expect(await readFile(join(environments, `${STANDBY}.ts`), "utf8")).toContain(
      `createStandby(prod, "${DR_REGION}"`,
    );
  });

  it("deploys the standby from replicas, with the login of the replicated secret", async () => {
    const login = JSON.parse(await secretValue(emulator.endpoint, DR_REGION, "notejam/prod/database"));
    const variables = { db_user: String(login.POSTGRES_USER), db_pass: String(login.POSTGRES_PASS) };
    const run = await timed("npm run synth", () => runOf(`notejam-${STANDBY}`, variables));
    await timed(`cdktf deploy notejam-${STANDBY}: network, cluster, database`, () => applyStack(run));
    const outputs = readOutputs(await readFile(folder.terraformState(`notejam-${STANDBY}`), "utf8"));
    expect(outputs).toMatchObject({
      region: DR_REGION,
      repository_url: expect.stringMatching(/\.dkr\.ecr\.eu-central-1\..*\/notejam-prod-ecr-registry$/),
      restore_bucket: expect.stringMatching(/^notejam-prod-eu-west-1-backup-replica-\d{12}$/),
    });
  });

  it("serves the notes to their author", async () => {
    const { application, person, outputs } = await timed("Flux: migration and Notejam, first backup", () =>
      startApplication(STANDBY),
    );
    expect(outputs.host_name).toBe("notejam.example.com");
    await timed("job notejam-restore: newest replicated backup, compared with its manifest", () =>
      application.perform("restore"),
    );
    expect(await person.send("/signin/", LOGIN)).toBe(303);
    const page = await person.read("/");
    for (const name of NOTES) expect(page).toContain(name);
    expect(await person.send("/notes/create/", { name: "After the failover", text: "on", pad: "" })).toBe(
      303,
    );
  });

  it("creates backups of the standby that can be restored", async () => {
    const [, standby] = applications;
    if (standby === undefined) throw new Error("the standby was not started");
    await standby.perform("backup");
    await timed("job notejam-restore-test: the standby's backup", () => standby.perform("restore-test"));
  });

  it("fails a second time because the names are in use", async () => {
    const { exitCode, stdout } = await failOver("--dry-run");
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✖ names +EKS cluster notejam-prod-eu-central-1 already exists/);
  });

  it("leaves the primary and its state unchanged", async () => {
    expect(await digestOfState()).toBe(primaryState);
    await emulator.loseRegions([]);
    const run = await runOf("notejam-prod");
    const found = await plan(terraformRun(run), join(home, "primary.tfplan"));
    expect(found).toMatchObject({ add: 0, change: 0, remove: 0 });
  });
});
