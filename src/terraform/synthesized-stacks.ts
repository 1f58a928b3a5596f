import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { reasonOf } from "../error-text.js";
import { UserError } from "../user-error.js";

/** Index of an output folder, as CDKTF writes it. */
const MANIFEST = "manifest.json";
const Manifest = z.object({ stacks: z.record(z.string(), z.object({ synthesizedStackPath: z.string() })) });

/** Name of a stack's Terraform configuration in its folder. */
const CONFIGURATION_FILE = "cdk.tf.json";

/** Synthesized stack. */
export interface SynthesizedStack {
  /** Such as `notejam-dev`. */
  readonly name: string;
  /** Folder of its `cdk.tf.json`, in which Terraform runs. */
  readonly folder: string;
  /** Parsed `cdk.tf.json`. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** Returns the path of a stack's `cdk.tf.json`. */
export function stackFile({ folder }: Pick<SynthesizedStack, "folder">): string {
  return join(folder, CONFIGURATION_FILE);
}

/** Returns whether a folder has synthesized stacks. */
export function hasStacks(out: string): boolean {
  return existsSync(join(out, MANIFEST));
}

/**
 * Reads the synthesized stacks by name.
 *
 * @param out output folder, such as `cdktf.out`
 * @throws UserError if the folder has no synthesized stacks or cannot be read
 */
export function readStacks(out: string): ReadonlyMap<string, SynthesizedStack> {
  const file = join(out, MANIFEST);
  if (!existsSync(file)) {
    throw new UserError(`${out} has no synthesized stacks: ${file} does not exist.`, {
      hint: "Run `npm run synth` first (CDKTF_OUTDIR names the folder), or name the folder of the stacks.",
    });
  }
  const { stacks } = parseFile(file, Manifest);
  return new Map(
    Object.entries(stacks).map(([name, { synthesizedStackPath }]) => {
      const path = join(out, synthesizedStackPath);
      const configuration = parseFile(path, z.record(z.string(), z.unknown()));
      return [name, { name, folder: dirname(path), configuration }];
    }),
  );
}

/**
 * Reads one synthesized stack.
 *
 * @throws UserError if the folder has no stack of that name
 */
export function readStack(out: string, name: string): SynthesizedStack {
  const stacks = readStacks(out);
  const found = stacks.get(name);
  if (found === undefined) {
    const known = [...stacks.keys()].sort().join(", ");
    throw new UserError(`${out} has no stack ${JSON.stringify(name)}.`, { hint: `Choose from: ${known}.` });
  }
  return found;
}

function parseFile<T>(file: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    const reason = error instanceof z.ZodError ? "CDKTF did not write it" : reasonOf(error);
    throw new UserError(`${file} cannot be read: ${reason}.`, {
      hint: "Run `npm run synth` again.",
      cause: error,
    });
  }
}

const Cloud = z.object({
  hostname: z.string().default("app.terraform.io"),
  organization: z.string(),
  workspaces: z.object({ name: z.string() }),
});

/** HCP Terraform workspace of a stack. */
export interface CloudWorkspace {
  /** Host of HCP Terraform, with its port if it has one. */
  readonly hostname: string;
  readonly organization: string;
  readonly workspace: string;
}

/**
 * Returns the workspace in a stack's `cloud` block.
 *
 * @throws UserError if the stack has no `cloud` block
 */
export function cloudWorkspaceOf({
  name,
  configuration,
}: Pick<SynthesizedStack, "name" | "configuration">): CloudWorkspace {
  const parsed = z.object({ terraform: z.object({ cloud: Cloud }) }).safeParse(configuration);
  if (!parsed.success) {
    throw new UserError(
      `${name} names no workspace: its configuration has no \`cloud\` block with organization and workspace name.`,
      { hint: "Synthesize it again with `npm run synth`." },
    );
  }
  const { hostname, organization, workspaces } = parsed.data.terraform.cloud;
  return { hostname, organization, workspace: workspaces.name };
}

const Block = z.record(z.string(), z.unknown());

/** CDKTF writes a single block as an object or as a list of one. */
const Blocks = z.preprocess(
  (value) => (value === undefined || Array.isArray(value) ? value : [value]),
  z.array(Block),
);

const Variable = z.object({
  type: z.string().optional(),
  default: z.unknown().optional(),
  sensitive: z.boolean().default(false),
  ephemeral: z.boolean().default(false),
  description: z.string().optional(),
});
export type Variable = z.infer<typeof Variable>;

const StackConfiguration = z.object({
  terraform: z.object({
    required_providers: z
      .record(z.string(), z.object({ source: z.string(), version: z.string().optional() }))
      .default({}),
  }),
  provider: z.record(z.string(), Blocks).default({}),
  variable: z.record(z.string(), Variable).default({}),
  data: z.record(z.string(), z.record(z.string(), Block)).default({}),
  resource: z.record(z.string(), z.record(z.string(), Block)).default({}),
});

/** Providers, variables, data sources and resources of a stack's `cdk.tf.json`. */
export type StackConfiguration = z.infer<typeof StackConfiguration>;

/** Reads a stack's `cdk.tf.json` from its folder. */
export function readConfiguration(stack: Pick<SynthesizedStack, "folder">): StackConfiguration {
  return parseConfiguration(readFileSync(stackFile(stack), "utf8"));
}

/** Parses the content of a `cdk.tf.json`. */
export function parseConfiguration(json: string): StackConfiguration {
  return StackConfiguration.parse(JSON.parse(json));
}
