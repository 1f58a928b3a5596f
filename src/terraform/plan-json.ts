import { z } from "zod";
import { UserError } from "../user-error.js";

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
/** Plan in Terraform's JSON: the fields that this repository uses. */
export type Plan = z.infer<typeof Plan>;

/** Numbers of planned changes. */
export interface PlanCounts {
  readonly add: number;
  readonly change: number;
  readonly destroy: number;
  /** Replacements, which also count as added and destroyed. */
  readonly replace: number;
  readonly import: number;
}

/** Supported format versions. Within a major version, Terraform only adds fields. */
const FORMAT = /^1\.\d+$/;

/** HCP Terraform's redacted plan names the format version differently. */
const Format = z.object({
  format_version: z.string().optional(),
  plan_format_version: z.string().optional(),
});

/**
 * Parses a plan in Terraform's JSON, from `terraform show -json` or from HCP Terraform.
 *
 * @param from origin of the text, for messages
 * @throws UserError if it is not a plan, or has an unsupported format version
 * @see https://developer.hashicorp.com/terraform/internals/json-format
 */
export function parsePlan(text: string, from: string): Plan {
  const document = parseJson(text, from);
  const format = Format.safeParse(document).data;
  const version = format?.plan_format_version ?? format?.format_version;
  if (version === undefined || isState(document)) {
    throw new UserError(`${from} is not a plan in JSON.`, {
      hint: "Create one with `terraform plan -out=tfplan` and `terraform show -json tfplan`.",
    });
  }
  if (!FORMAT.test(version)) {
    throw new UserError(
      `${from} is a plan of format ${JSON.stringify(version.slice(0, 20))}; only 1.x is supported.`,
      {
        hint: "Use the Terraform version of the workspaces, or support the new format in src/terraform/plan-json.ts.",
      },
    );
  }
  const plan = Plan.safeParse(document);
  if (!plan.success) {
    const place = plan.error.issues[0]?.path.join(".") ?? "";
    throw new UserError(
      `${from} is a plan of format ${version}, but ${place || "its content"} does not match that format.`,
      { hint: "Create the plan again. If that does not help, update src/terraform/plan-json.ts." },
    );
  }
  return plan.data;
}

function parseJson(text: string, from: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may contain secrets.
    throw new UserError(`${from} is not JSON.`, {
      hint: "A plan file is binary: `terraform show -json <plan file>` prints its JSON.",
    });
  }
}

/** Returns true for a state: `terraform show -json` without a plan file prints one, with a format version. */
function isState(document: unknown): boolean {
  const keys = z.record(z.string(), z.unknown()).safeParse(document).data ?? {};
  return "values" in keys && !("resource_changes" in keys || "planned_values" in keys);
}

/** Returns the names of the attributes that an update or a replacement changes, without their values. */
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

/** Compares two values; a missing attribute equals null. */
function sameValue(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
