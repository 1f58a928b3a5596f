import { z } from "zod";
import { PipelineProblem } from "../pipeline/problem.js";

const Values = z.record(z.string(), z.unknown()).nullish();

const Change = z.object({
  actions: z.array(z.string()),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  after_unknown: z.unknown().optional(),
  replace_paths: z.array(z.array(z.unknown())).optional(),
  importing: z.unknown().optional(),
});
export type Change = z.infer<typeof Change>;

const ResourceChange = z.object({
  address: z.string(),
  previous_address: z.string().optional(),
  mode: z.string().default("managed"),
  type: z.string(),
  deposed: z.string().optional(),
  change: Change,
  action_reason: z.string().optional(),
});
export type ResourceChange = z.infer<typeof ResourceChange>;

const Plan = z.object({
  errored: z.boolean().default(false),
  resource_changes: z.array(ResourceChange).nullish(),
  output_changes: z.record(z.string(), z.object({ actions: z.array(z.string()) })).nullish(),
});
/** What is read of a plan. */
export type Plan = z.infer<typeof Plan>;

/** Terraform promises to read on what it adds within a major version. */
const FORMAT = /^1\.\d+$/;

/** Terraform Cloud's redacted plan, which Terraform itself draws its picture from, calls the same thing by another name. */
const Format = z.object({
  format_version: z.string().optional(),
  plan_format_version: z.string().optional(),
});

/**
 * Reads a plan in Terraform's JSON, from `terraform show -json` or from Terraform Cloud.
 *
 * @param from where it came from, for messages
 * @throws PipelineProblem when it is no plan, or one of another format
 * @see https://developer.hashicorp.com/terraform/internals/json-format
 */
export function parsePlan(text: string, from: string): Plan {
  const document = parseJson(text, from);
  const format = Format.safeParse(document).data;
  const version = format?.plan_format_version ?? format?.format_version;
  if (version === undefined || isState(document)) {
    throw new PipelineProblem(
      `${from} is not a plan in JSON.`,
      "Make one with `terraform plan -out=tfplan` and `terraform show -json tfplan`.",
    );
  }
  if (!FORMAT.test(version)) {
    throw new PipelineProblem(
      `${from} is a plan of format ${JSON.stringify(version.slice(0, 20))}; this program reads 1.x.`,
      "Use the Terraform version that the workspaces pin, or teach src/terraform/plan-json.ts the new format.",
    );
  }
  const plan = Plan.safeParse(document);
  if (!plan.success) {
    const place = plan.error.issues[0]?.path.join(".") ?? "";
    throw new PipelineProblem(
      `${from} says it is a plan of format ${version}, but ${place || "it"} is not as that format has it.`,
      "Make the plan again; if it stays so, src/terraform/plan-json.ts has to learn what changed.",
    );
  }
  return plan.data;
}

function parseJson(text: string, from: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What the parser says quotes the text, and the text may hold secrets.
    throw new PipelineProblem(
      `${from} is not JSON.`,
      "A plan file itself is binary: `terraform show -json <plan file>` writes the JSON.",
    );
  }
}

/** `terraform show -json` without a plan file writes the state, which has a format version too. */
function isState(document: unknown): boolean {
  const keys = z.record(z.string(), z.unknown()).safeParse(document).data ?? {};
  return "values" in keys && !("resource_changes" in keys || "planned_values" in keys);
}

/** Names of the attributes that an update or a replacement changes: names of the schema, never values. */
export function changedAttributes({ before, after, after_unknown: unknown }: Change): string[] {
  const [old, planned, later] = [before, after, unknown].map((value) => Values.safeParse(value).data ?? {});
  const names = new Set([
    ...Object.keys(old ?? {}),
    ...Object.keys(planned ?? {}),
    ...Object.keys(later ?? {}),
  ]);
  return [...names]
    .filter((name) => holdsTrue(later?.[name]) || !sameValue(old?.[name], planned?.[name]))
    .sort();
}

function holdsTrue(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === true;
  return Object.values(value).some(holdsTrue);
}

/** Terraform writes an absent attribute as null or not at all. */
function sameValue(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
