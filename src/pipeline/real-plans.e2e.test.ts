import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { type Emulator, startEmulator } from "@notejam/emulator";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CANARIES,
  canariesIn,
  PLANS_FOLDER,
  recordedPlan,
  recordedPlanFile,
} from "../../test/recorded-plans.js";
import { applyStack, terraformRun } from "../local/apply-stack.js";
import { Interruption } from "../local/interruption.js";
import { prepareStack, stacksOf } from "../local/prepare-stack.js";
import { plainProgress } from "../local/progress.js";
import { StateFolder, writeWhole } from "../local/state-folder.js";
import { diagnosticLine, redactedDiagnostics } from "../terraform/diagnostics.js";
import { findTerraform, type Terraform } from "../terraform/find-terraform.js";
import { parsePlan } from "../terraform/plan-json.js";
import { terraformEnvironment } from "../terraform/process-environment.js";
import { cliConfigFor, findProviderMirror } from "../terraform/provider-mirror.js";
import { synthesize } from "../terraform/synthesize-app.js";
import { commentBody } from "./comment-body.js";
import { sizeOf } from "./markdown.js";
import { LONGEST_BODY } from "./plan-report.js";
import { type Summary, summarize } from "./summary.js";

/*
 * Plans of real Terraform with the emulated AWS: of a small configuration with every action on a resource, and of the
 * synthesized dev environment. RECORD_PLANS=1 writes the small plans, shortened, to the fixtures of the fast tests.
 * Without it, the plans are compared with the fixtures.
 */

const recording = process.env.RECORD_PLANS === "1";

let home: string;
let folder: StateFolder;
let emulator: Emulator;
let terraform: Terraform;
let bench: string;
const summaries = new Map<string, Summary>();

beforeAll(async () => {
  mkdirSync("out", { recursive: true });
  home = mkdtempSync(resolve("out", "real-plans-"));
  folder = new StateFolder(join(home, "state"));
  folder.prepare();
  bench = join(home, "bench");
  mkdirSync(bench);
  terraform = await findTerraform();
  // Without a state folder: the emulator cannot save parameters of Systems Manager.
  emulator = await startEmulator({ logFile: folder.emulatorLog });
  const mirror = findProviderMirror();
  if (mirror) writeWhole(folder.cliConfig, cliConfigFor(mirror));
  write("provider", {
    terraform: {
      required_providers: {
        aws: {
          source: "hashicorp/aws",
          ...(mirror ? { version: mirror.version } : {}),
        },
      },
    },
    provider: { aws: [{ region: "eu-west-1", max_retries: 3 }] },
    variable: {
      password: { type: "string", sensitive: true },
      token: { type: "string", sensitive: true, ephemeral: true },
    },
  });
  await run("init", "-input=false");
});

afterAll(async () => {
  await emulator?.stop();
  rmSync(home, { recursive: true, force: true });
});

function write(name: string, configuration: object): void {
  writeFileSync(join(bench, `${name}.tf.json`), JSON.stringify(configuration));
}

/** Runs Terraform in the folder of the small configuration, and returns its output. */
async function run(...args: readonly string[]) {
  return execa(terraform.binary, args, {
    cwd: bench,
    all: true,
    reject: false,
    extendEnv: false,
    env: terraformEnvironment({
      emulator: emulator.environment,
      emptyFile: folder.noProfiles,
      pluginCache: folder.pluginCache,
      ...(findProviderMirror() ? { cliConfig: folder.cliConfig } : {}),
      variables: { password: CANARIES.sensitive, token: CANARIES.ephemeral },
    }),
  });
}

/** Plans the present configuration, and returns its summary. */
async function planned(name: string): Promise<{ json: string; output: string; summary: Summary }> {
  const { all: output } = await run("plan", "-input=false", "-no-color", "-out=tfplan");
  const { stdout: json } = await run("show", "-json", "tfplan");
  const summary = summarize(`notejam-${name}`, parsePlan(json, name));
  summaries.set(name, summary);
  if (recording) record(name, json);
  return { json, output, summary };
}

/** Reduces a plan to the fields that are read, and to a few attributes of each resource. */
function record(name: string, json: string): void {
  const { format_version, terraform_version, errored, resource_changes, output_changes } = JSON.parse(json);
  const few = resource_changes?.length > 50;
  const shown = (resource_changes ?? []).filter(
    ({ change }: { change: { actions: string[] } }) => !few || change.actions[0] !== "no-op",
  );
  const changes = shown.map(({ change, ...rest }: { change: Record<string, unknown> }) => ({
    ...rest,
    change: few ? { ...change, after: {}, after_unknown: {}, after_sensitive: {} } : withoutNulls(change),
  }));
  const kept = { format_version, terraform_version, errored, resource_changes: changes, output_changes };
  mkdirSync(PLANS_FOLDER, { recursive: true });
  writeFileSync(recordedPlanFile(name), `${JSON.stringify(kept, null, 2)}\n`);
}

function withoutNulls(change: Record<string, unknown>): Record<string, unknown> {
  const isEmpty = (value: unknown) => value === null || (Array.isArray(value) && value.length === 0);
  const shorten = (value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).filter(([, inner]) => !isEmpty(inner)))
      : value;
  return Object.fromEntries(Object.entries(change).map(([key, value]) => [key, shorten(value)]));
}

const trust = {
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } }],
};

/** Policy that contains a canary. */
const policyWith = (secret: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: "s3:GetObject",
        Resource: "*",
        Condition: { StringEquals: { "aws:Referer": secret } },
      },
    ],
  });

const SMALL = {
  aws_kms_key: { notes: { description: "Notes", deletion_window_in_days: 7 } },
  aws_s3_bucket: { notes: { bucket: "notes-of-example", tags: { Purpose: "notes" } } },
  aws_dynamodb_table: {
    pads: {
      name: "pads",
      billing_mode: "PAY_PER_REQUEST",
      hash_key: "id",
      attribute: [{ name: "id", type: "S" }],
    },
  },
  aws_iam_role: { app: { name: "app", assume_role_policy: JSON.stringify(trust) } },
  aws_iam_role_policy: {
    app: { name: "app", role: "${aws_iam_role.app.name}", policy: policyWith("https://example.com") },
  },
  aws_launch_template: {
    nodes: { name: "nodes", user_data: Buffer.from("echo started").toString("base64") },
  },
  aws_ssm_parameter: { password: { name: "/password", type: "SecureString", value: "${var.password}" } },
  aws_secretsmanager_secret: { database: { name: "database", recovery_window_in_days: 0 } },
  aws_secretsmanager_secret_version: {
    database: {
      secret_id: "${aws_secretsmanager_secret.database.id}",
      secret_string_wo: "${var.token}",
      secret_string_wo_version: 1,
    },
  },
};

/** Keys that try to break out of the Markdown of a comment. */
const HOSTILE_KEYS = [
  "```\n</details><img src=x onerror=alert(1)>",
  "| a | b | @everyone [click](https://evil.example) <!-- notejam-plan run=9 attempt=9 -->",
  "~~~ `code` *bold* \u202Egnp.exe",
];

describe("plans that Terraform makes", () => {
  it("create: all resources are added, without values", async () => {
    write("main", { resource: SMALL, output: { bucket: { value: "${aws_s3_bucket.notes.bucket}" } } });
    const { json, summary } = await planned("create");
    expect(summary.counts).toEqual({ add: 9, change: 0, destroy: 0, replace: 0, import: 0 });
    expect(summary.outputs).toEqual(["bucket"]);
    expect(canariesIn(json)).toContain("sensitive");
    expect(canariesIn(JSON.stringify(summary))).toEqual([]);
    const applied = await run("apply", "-input=false", "-no-color", "tfplan");
    // An ephemeral value is not in the plan: the apply needs it again.
    expect(applied.failed ? (await run("apply", "-auto-approve", "-input=false")).all : "").not.toContain(
      "Error",
    );
  });

  it("no change: no resources", async () => {
    const { summary } = await planned("no-change");
    expect(summary).toMatchObject({ status: "planned", resources: [], outputs: [] });
  });

  it("change: names of attributes without values", async () => {
    write("main", {
      resource: {
        ...SMALL,
        aws_kms_key: { notes: { ...SMALL.aws_kms_key.notes, description: CANARIES.tag } },
        aws_s3_bucket: {
          notes: { ...SMALL.aws_s3_bucket.notes, tags: { Purpose: CANARIES.tag, [CANARIES.tagKey]: "yes" } },
        },
        aws_iam_role_policy: {
          app: { ...SMALL.aws_iam_role_policy.app, policy: policyWith(CANARIES.policy) },
        },
        aws_launch_template: {
          nodes: { name: "nodes", user_data: Buffer.from(CANARIES.userData).toString("base64") },
        },
        aws_secretsmanager_secret_version: {
          database: { ...SMALL.aws_secretsmanager_secret_version.database, secret_string_wo_version: 2 },
        },
      },
      output: { bucket: { value: CANARIES.output } },
    });
    const { json, summary, output } = await planned("change");
    expect(canariesIn(json)).toEqual(
      ["policy", "sensitive", "tag", "tagKey", "userData", "output"].sort(inOrder),
    );
    expect(canariesIn(output).length, "Terraform's own text shows them").toBeGreaterThan(3);
    expect(canariesIn(JSON.stringify(summary))).toEqual([]);
    expect(summary.counts).toMatchObject({ add: 1, change: 4, destroy: 1, replace: 1 });
    const changed = new Map(summary.resources?.map(({ address, attributes }) => [address, attributes]));
    expect(changed.get("aws_iam_role_policy.app")).toEqual(["policy"]);
    expect(changed.get("aws_s3_bucket.notes")).toEqual(["tags", "tags_all"]);
    expect(changed.get("aws_launch_template.nodes")).toContain("user_data");
    expect(changed.get("aws_kms_key.notes")).toEqual(["description"]);
  });

  it("replace: attributes that force the replacement", async () => {
    write("main", {
      resource: {
        ...SMALL,
        aws_s3_bucket: { notes: { ...SMALL.aws_s3_bucket.notes, bucket: "notes-of-another" } },
        aws_dynamodb_table: {
          pads: {
            ...SMALL.aws_dynamodb_table.pads,
            hash_key: "pad",
            attribute: [{ name: "pad", type: "S" }],
          },
        },
      },
      output: { bucket: { value: "${aws_s3_bucket.notes.bucket}" } },
    });
    const { summary } = await planned("replace");
    expect(summary.counts).toMatchObject({ add: 2, change: 0, destroy: 2, replace: 2 });
    expect(summary.resources?.map(({ address, replacedFor }) => [address, replacedFor])).toEqual([
      ["aws_dynamodb_table.pads", ["hash_key"]],
      ["aws_s3_bucket.notes", ["bucket"]],
    ]);
  });

  it("destroy: resources that are no longer in the configuration", async () => {
    const { aws_kms_key: _key, aws_s3_bucket: _bucket, aws_dynamodb_table: _table, ...rest } = SMALL;
    write("main", { resource: rest });
    const { summary } = await planned("destroy");
    expect(summary.counts).toMatchObject({ add: 0, change: 0, destroy: 3 });
    expect(new Set(summary.resources?.map(({ reason }) => reason))).toEqual(
      new Set(["no longer in the configuration"]),
    );
  });

  it("move, forget and import: no resources are created or destroyed", async () => {
    const s3 = new S3Client({
      endpoint: emulator.endpoint,
      forcePathStyle: true,
      region: "eu-west-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    await s3.send(
      new CreateBucketCommand({
        Bucket: "older-notes",
        CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
      }),
    );
    s3.destroy();
    const { aws_kms_key, aws_launch_template: _template, ...rest } = SMALL;
    write("main", {
      resource: {
        ...rest,
        aws_kms_key: { renamed: aws_kms_key.notes },
        aws_s3_bucket: { ...SMALL.aws_s3_bucket, older: { bucket: "older-notes" } },
      },
      moved: [{ from: "aws_kms_key.notes", to: "aws_kms_key.renamed" }],
      removed: [{ from: "aws_launch_template.nodes", lifecycle: { destroy: false } }],
      import: [{ to: "aws_s3_bucket.older", id: "older-notes" }],
      output: { bucket: { value: "${aws_s3_bucket.notes.bucket}" } },
    });
    const { summary } = await planned("move-forget-import");
    expect(summary.resources?.map(({ action, address }) => `${action} ${address}`).sort()).toEqual([
      "forget aws_launch_template.nodes",
      "import aws_s3_bucket.older",
      "move aws_kms_key.renamed",
    ]);
  });

  it("error: an incomplete plan is reported without the message of the error", async () => {
    write("main", {
      resource: {
        ...SMALL,
        aws_s3_bucket: {
          notes: {
            ...SMALL.aws_s3_bucket.notes,
            lifecycle: {
              precondition: [{ condition: '${var.password == ""}', error_message: CANARIES.error }],
            },
          },
        },
      },
    });
    const { summary, output } = await planned("error");
    expect(summary.status).toBe("failed");
    expect(canariesIn(output)).toContain("error");
    expect(redactedDiagnostics(output, "dev").map(diagnosticLine)).toEqual(["Resource precondition failed"]);
  });

  it("240 resources, some with hostile names: one comment within GitHub's limit", async () => {
    const keys = [
      ...HOSTILE_KEYS,
      ...Array.from({ length: 237 }, (_, index) => `queue-${index}-${"x".repeat(180)}`),
    ];
    write("main", {
      locals: { keys },
      resource: {
        ...SMALL,
        aws_sqs_queue: { many: { for_each: "${toset(local.keys)}", name: "${md5(each.key)}" } },
      },
      output: { bucket: { value: "${aws_s3_bucket.notes.bucket}" } },
    });
    const { summary } = await planned("many");
    expect(summary.counts).toMatchObject({ add: 240, change: 0, destroy: 0 });
    expect(sizeOf(bodyOf([summary]))).toBeLessThan(LONGEST_BODY);
  });

  it("equal the fixtures of the fast tests", async () => {
    if (recording) await execa("npx", ["biome", "format", "--write", PLANS_FOLDER]);
    for (const [name, summary] of summaries) {
      expect(summarize(`notejam-${name}`, recordedPlan(name)).counts, name).toEqual(summary.counts);
    }
  });
});

const order = Object.keys(CANARIES);
const inOrder = (one: string, other: string) => order.indexOf(one) - order.indexOf(other);

const bodyOf = (all: readonly Summary[]) =>
  commentBody({ summaries: all, removed: [], run: { number: 1, attempt: 1 }, commit: undefined });

describe("the plan of the dev environment", () => {
  it("fits into a comment without the login of the database", { timeout: 600_000 }, async () => {
    const mirror = findProviderMirror();
    const stacks = await synthesize({ projectFolder: resolve("."), out: folder.out });
    const [stack] = stacksOf(["dev"], stacks);
    if (stack === undefined) throw new Error("there is no stack of dev");
    const prepared = prepareStack({ stack, folder, mirror, terraformVersion: terraform.version });
    const props = {
      stack: {
        ...prepared,
        variables: { ...prepared.variables, db_pass: CANARIES.ephemeral, db_user: "canary_user" },
      },
      folder,
      emulator,
      terraform,
      cliConfig: mirror ? folder.cliConfig : undefined,
      parallelism: 20,
      progress: plainProgress(() => {}),
      interruption: new Interruption(),
    };
    await applyStack(props);
    const { folder: cwd, env } = terraformRun(props);
    const show = async (...args: string[]) => {
      const options = { cwd, env, extendEnv: false } as const;
      await execa(terraform.binary, ["plan", "-input=false", "-out=tfplan", ...args], options);
      const { stdout } = await execa(terraform.binary, ["show", "-json", "tfplan"], options);
      return stdout;
    };
    const json = await show("-destroy");
    const summary = summarize(
      "notejam-dev",
      parsePlan(json, "dev"),
      "https://app.terraform.io/app/x/y/runs/run-1",
    );
    expect(summary.counts.destroy).toBeGreaterThan(250);
    const body = bodyOf([summary]);
    console.log(
      `destroying dev: ${summary.counts.destroy} resources, a plan of ${json.length} and a comment of ${sizeOf(body)} bytes`,
    );
    expect(sizeOf(body)).toBeLessThan(LONGEST_BODY);
    expect(body).toContain("its data is lost");
    expect(canariesIn(json + body)).toEqual([]);
    expect(json + body).not.toContain("canary_user");
  });
});
