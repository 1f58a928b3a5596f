import { existsSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { firstError } from "../terraform/error-output.js";
import { cloudWorkspaceOf, type StackOutput } from "../terraform/synthesized-output.js";
import { PipelineProblem } from "./problem.js";

/** A `cloud` block lets `plan` and `apply` start a run, and say where it can be seen. */
const RUN_URL = /https:\/\/\S+\/runs\/(run-[A-Za-z0-9]+)/;

/** How Terraform ended. */
export interface Ended {
  readonly ok: boolean;
  /** All that it printed: it may hold values that nobody marked as sensitive, so it is read and never passed on. */
  readonly output: string;
  readonly run?: { readonly id: string; readonly url: string };
}

/** `init`. It also installs the providers that the remote run uses, and writes their checksums for it. */
export async function prepare(stack: StackOutput, env: NodeJS.ProcessEnv, token: string): Promise<void> {
  if (!existsSync(join(stack.folder, "cdk.tf.json"))) {
    throw new PipelineProblem(`${stack.folder} has no cdk.tf.json.`, "Run `npm run synth` again.");
  }
  const { ok, output } = await terraform(stack, ["init", "-input=false", "-no-color"], env);
  if (!ok) throw startFailure(stack, "prepare Terraform", output, token);
}

/** Why there is no run. */
export function startFailure(
  stack: StackOutput,
  doing: string,
  output: string,
  token: string,
): PipelineProblem {
  const { hostname, workspace } = cloudWorkspaceOf(stack);
  const why = firstError(output).replaceAll(token, "…");
  return new PipelineProblem(
    `It was not possible to ${doing} for ${stack.name}: ${why}`,
    `Check the token for ${hostname}, that the workspace ${workspace} exists, and the network.`,
  );
}

/** Runs Terraform in a stack's folder to its end. @param onRun told where the run can be watched */
export async function terraform(
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
