import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { PipelineProblem, reasonOf } from "../pipeline/problem.js";

const Manifest = z.object({ stacks: z.record(z.string(), z.object({ synthesizedStackPath: z.string() })) });

const Cloud = z.object({
  hostname: z.string().default("app.terraform.io"),
  organization: z.string(),
  workspaces: z.object({ name: z.string() }),
});

/** Where a stack is planned and its state is kept. */
export interface CloudWorkspace {
  /** Host of Terraform Cloud, with its port if it has one. */
  readonly hostname: string;
  readonly organization: string;
  readonly workspace: string;
}

/** A stack as `npm run synth` wrote it. */
export interface StackOutput {
  readonly name: string;
  /** The folder that Terraform works in. */
  readonly folder: string;
  /** The parsed `cdk.tf.json`. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

/**
 * Reads what was synthesized, by the stacks' names.
 *
 * @param folder such as `cdktf.out`
 * @throws PipelineProblem when nothing was synthesized there
 */
export function readSynthesizedOutput(folder: string): ReadonlyMap<string, StackOutput> {
  const file = join(folder, "manifest.json");
  if (!existsSync(file)) {
    throw new PipelineProblem(
      `${folder} holds no synthesized stacks: there is no ${file}.`,
      "Run `npm run synth` first (CDKTF_OUTDIR names the folder), or name the folder where the stacks are.",
    );
  }
  const { stacks } = parseFile(file, Manifest);
  return new Map(
    Object.entries(stacks).map(([name, { synthesizedStackPath }]) => {
      const path = join(folder, synthesizedStackPath);
      const configuration = parseFile(path, z.record(z.string(), z.unknown()));
      return [name, { name, folder: dirname(path), configuration }];
    }),
  );
}

/** One stack of what was synthesized. */
export function synthesizedStack(folder: string, name: string): StackOutput {
  const stacks = readSynthesizedOutput(folder);
  const found = stacks.get(name);
  if (found === undefined) {
    const known = [...stacks.keys()].sort().join(", ");
    throw new PipelineProblem(`${folder} has no stack ${JSON.stringify(name)}.`, `Choose from: ${known}.`);
  }
  return found;
}

/** The workspace that a stack's `cloud` block names. */
export function cloudWorkspaceOf({ name, configuration }: StackOutput): CloudWorkspace {
  const parsed = z.object({ terraform: z.object({ cloud: Cloud }) }).safeParse(configuration);
  if (!parsed.success) {
    throw new PipelineProblem(
      `${name} names no workspace of Terraform Cloud: its configuration has no \`cloud\` block with organization and workspace name.`,
      "Synthesize it again with `npm run synth`.",
    );
  }
  const { hostname, organization, workspaces } = parsed.data.terraform.cloud;
  return { hostname, organization, workspace: workspaces.name };
}

function parseFile<T>(file: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    const why = error instanceof z.ZodError ? "it is not what CDKTF writes" : reasonOf(error);
    throw new PipelineProblem(`${file} cannot be read: ${why}.`, "Run `npm run synth` again.", {
      cause: error,
    });
  }
}
