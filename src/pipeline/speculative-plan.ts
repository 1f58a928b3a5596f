import { existsSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { errorsIn, firstError } from "./diagnostics.js";
import { parsePlan } from "./plan-json.js";
import { PipelineProblem } from "./problem.js";
import { type Summary, summarize, summarizeCounts, summarizeFailure } from "./summary.js";
import { cloudWorkspaceOf, type StackOutput } from "./synthesized-output.js";
import { type CloudRun, TerraformCloud, terraformToken } from "./terraform-cloud.js";

export interface SpeculativePlanProps {
  readonly stack: StackOutput;
  /** @default this process's own */
  readonly env?: NodeJS.ProcessEnv;
  /** Told where the run can be watched, as soon as there is one. */
  readonly onRun?: (url: string) => void;
  /**
   * Milliseconds that a second of waiting lasts.
   * @default 1000
   */
  readonly second?: number;
}

/** `plan` through a `cloud` block starts a plan-only run, and says where it can be seen. */
const RUN_URL = /https:\/\/\S+\/runs\/(run-[A-Za-z0-9]+)/;

interface Ended {
  readonly ok: boolean;
  readonly output: string;
  readonly run?: { readonly id: string; readonly url: string };
}

/**
 * Plans a stack in Terraform Cloud without any chance to apply it, and says what it would do.
 *
 * Terraform's own output is read and never passed on: it holds values that nobody marked as sensitive.
 *
 * @throws PipelineProblem when the run could not be started or read; a plan with errors is a summary that says so
 */
export async function speculativePlan({
  stack,
  env = process.env,
  onRun,
  second,
}: SpeculativePlanProps): Promise<Summary> {
  const { hostname } = cloudWorkspaceOf(stack);
  const token = terraformToken(hostname, env);
  await prepare(stack, env, token);
  const { ok, output, run } = await terraform(stack, ["plan", "-input=false", "-no-color"], env, onRun);
  if (run === undefined) throw startFailure(stack, "start the plan", output, token);
  const cloud = new TerraformCloud({ hostname, token, ...(second === undefined ? {} : { second }) });
  if (ok) return planned(stack.name, cloud, run);
  const errors = errorsIn(output);
  const status = errors.length === 0 ? await cloud.run(run.id).then((found) => found.status) : "errored";
  return summarizeFailure(stack.name, "failed", errors.length > 0 ? errors : [wordsFor(status)], run.url);
}

async function planned(
  stack: string,
  cloud: TerraformCloud,
  { id, url }: { readonly id: string; readonly url: string },
): Promise<Summary> {
  const run = await cloud.run(id);
  const json = await cloud.planJson(run.planId);
  if (json !== undefined) return summarize(stack, parsePlan(json, `The plan of ${stack}`), url);
  return summarizeCounts(stack, countsThatMustBe(stack, run), url);
}

function countsThatMustBe(stack: string, { counts, status }: CloudRun) {
  if (counts !== undefined) return counts;
  throw new PipelineProblem(
    `The run of ${stack} ended (${status}), but Terraform Cloud says neither what it plans nor how much.`,
    "Look at the run, and start it again.",
  );
}

const WORDS: Readonly<Record<string, string>> = {
  canceled: "The run was canceled.",
  force_canceled: "The run was canceled.",
  discarded: "The run was discarded.",
  policy_soft_failed: "A policy refused it.",
};

function wordsFor(status: string): string {
  return WORDS[status] ?? "Terraform could not plan it; the run says why.";
}

/** `init` also installs the providers that the remote run uses, and writes their checksums for it. */
async function prepare(stack: StackOutput, env: NodeJS.ProcessEnv, token: string): Promise<void> {
  if (!existsSync(join(stack.folder, "cdk.tf.json"))) {
    throw new PipelineProblem(`${stack.folder} has no cdk.tf.json.`, "Run `npm run synth` again.");
  }
  const { ok, output } = await terraform(stack, ["init", "-input=false", "-no-color"], env);
  if (!ok) throw startFailure(stack, "prepare Terraform", output, token);
}

function startFailure(stack: StackOutput, doing: string, output: string, token: string): PipelineProblem {
  const { hostname, workspace } = cloudWorkspaceOf(stack);
  const why = firstError(output).replaceAll(token, "…");
  return new PipelineProblem(
    `It was not possible to ${doing} for ${stack.name}: ${why}`,
    `Check the token for ${hostname}, that the workspace ${workspace} exists, and the network.`,
  );
}

async function terraform(
  { folder }: StackOutput,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onRun?: (url: string) => void,
): Promise<Ended> {
  const binary = env.TERRAFORM_BINARY_NAME || "terraform";
  const child = execa(binary, args, {
    cwd: folder,
    env: { ...env, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", TF_INPUT: "0" },
    extendEnv: false,
    stdin: "ignore",
    all: true,
    reject: false,
    buffer: false,
  });
  const lines: string[] = [];
  let run: Ended["run"];
  for await (const line of child.iterable({ from: "all" })) {
    lines.push(line);
    const [url, id] = (run === undefined && RUN_URL.exec(line)) || [];
    if (url !== undefined && id !== undefined) {
      run = { id, url };
      onRun?.(url);
    }
  }
  const result = await child;
  if (result.code === "ENOENT") {
    throw new PipelineProblem(
      `Terraform was not found: there is no \`${binary}\` on the PATH.`,
      "Install it from https://developer.hashicorp.com/terraform/install, or name its binary in TERRAFORM_BINARY_NAME.",
    );
  }
  const ended = { ok: !result.failed, output: lines.join("\n") };
  return run === undefined ? ended : { ...ended, run };
}
