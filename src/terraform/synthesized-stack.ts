import { readFileSync } from "node:fs";
import { z } from "zod";

const Block = z.record(z.string(), z.unknown());

/** cdktf writes a block that occurs once as an object or as a list of one. */
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

const Synthesized = z.object({
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

/** What local mode reads of a stack's `cdk.tf.json`. */
export type Synthesized = z.infer<typeof Synthesized>;

export function readSynthesized(file: string): Synthesized {
  return parseSynthesized(readFileSync(file, "utf8"));
}

export function parseSynthesized(json: string): Synthesized {
  return Synthesized.parse(JSON.parse(json));
}
