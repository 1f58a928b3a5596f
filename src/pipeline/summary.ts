import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { reasonOf } from "../error-text.js";
import { changedAttributes, type Plan, type ResourceChange } from "../terraform/plan-json.js";
import { UserError } from "../user-error.js";

const Action = z.enum(["create", "update", "replace", "delete", "forget", "import", "move"]);
/** Planned action on a resource. `forget` removes it from the state only. */
export type Action = z.infer<typeof Action>;

const PlannedResource = z.object({
  /** Terraform's address. Its keys cannot be sensitive values. */
  address: z.string(),
  type: z.string(),
  action: Action,
  /** Names of the attributes that change. */
  attributes: z.array(z.string()),
  /** Names of the attributes that force a replacement. */
  replacedFor: z.array(z.string()),
  /** Reason, unless it is the configuration of the resource itself. */
  reason: z.string().optional(),
  previousAddress: z.string().optional(),
});
export type PlannedResource = z.infer<typeof PlannedResource>;

const Counts = z.object({
  add: z.number().int().nonnegative(),
  change: z.number().int().nonnegative(),
  destroy: z.number().int().nonnegative(),
  /** Replacements, which also count in add and destroy. */
  replace: z.number().int().nonnegative(),
  import: z.number().int().nonnegative(),
});
export type Counts = z.infer<typeof Counts>;

const Summary = z.object({
  summaryVersion: z.literal(1),
  stack: z.string().regex(/^[a-z0-9][a-z0-9-]{0,89}$/),
  /** `failed`: Terraform reported errors. `missing`: there is no plan. */
  status: z.enum(["planned", "failed", "missing"]),
  /** URL of the run in HCP Terraform, which has the complete plan. */
  url: z.url({ protocol: /^https$/ }).optional(),
  counts: Counts,
  /** Undefined if only the counts are known. */
  resources: z.array(PlannedResource).optional(),
  /** Names of the outputs that change. */
  outputs: z.array(z.string()),
  /** Errors in one line each. */
  errors: z.array(z.string()),
});

/**
 * Summary of a plan without attribute values: addresses, actions and attribute names. It therefore contains no secrets,
 * whether they are marked as sensitive or not.
 */
export type Summary = z.infer<typeof Summary>;

const NOTHING: Counts = { add: 0, change: 0, destroy: 0, replace: 0, import: 0 };

/** Returns the summary of a plan in JSON. */
export function summarize(stack: string, plan: Plan, url?: string): Summary {
  const resources = (plan.resource_changes ?? []).flatMap((change) => plannedResource(change) ?? []);
  return checked({
    summaryVersion: 1,
    stack,
    status: plan.errored ? "failed" : "planned",
    url,
    counts: countsOf(resources),
    resources,
    outputs: Object.entries(plan.output_changes ?? {})
      .filter(([, { actions }]) => actions.some((action) => action !== "no-op"))
      .map(([name]) => name)
      .sort(),
    errors: plan.errored ? ["Terraform could not plan all resources."] : [],
  });
}

/** Returns the summary of a plan of which only the counts are known. */
export function summarizeCounts(stack: string, counts: Counts, url?: string): Summary {
  return checked({ summaryVersion: 1, stack, status: "planned", url, counts, outputs: [], errors: [] });
}

/** Returns the summary of a plan that failed or does not exist. */
export function summarizeFailure(
  stack: string,
  status: "failed" | "missing",
  errors: readonly string[],
  url?: string,
): Summary {
  return checked({
    summaryVersion: 1,
    stack,
    status,
    url,
    counts: NOTHING,
    outputs: [],
    errors: [...errors],
  });
}

/** Returns whether a plan is empty. */
export function changesNothing({ status, counts, resources, outputs }: Summary): boolean {
  return (
    status === "planned" &&
    Object.values(counts).every((count) => count === 0) &&
    (resources ?? []).length === 0 &&
    outputs.length === 0
  );
}

function checked(summary: Summary): Summary {
  const parsed = Summary.safeParse(summary);
  if (parsed.success) return parsed.data;
  throw new UserError(
    `${JSON.stringify(summary.stack)} is not a stack name, or ${JSON.stringify(summary.url ?? "")} is not an HTTPS address of a run.`,
    { hint: "Stack names have lower-case letters, digits and hyphens." },
  );
}

function plannedResource({ change, ...resource }: ResourceChange): PlannedResource | undefined {
  if (resource.mode === "data") return undefined;
  const action = actionOf(change, resource.previous_address);
  if (action === undefined) return undefined;
  return {
    address: resource.deposed === undefined ? resource.address : `${resource.address} (deposed object)`,
    type: resource.type,
    action,
    attributes: action === "update" || action === "replace" ? changedAttributes(change) : [],
    replacedFor: action === "replace" ? firstSteps(change.replace_paths ?? []) : [],
    reason: REASONS[resource.action_reason ?? ""],
    previousAddress: resource.previous_address,
  };
}

/** Returns the action for Terraform's combination of actions. An unknown combination is an error. */
function actionOf(
  { actions, importing }: ResourceChange["change"],
  previousAddress: string | undefined,
): Action | undefined {
  const all = actions.join(" ");
  if (all === "no-op" && importing !== undefined && importing !== null) return "import";
  if (all === "no-op" && previousAddress !== undefined) return "move";
  const known = KNOWN_ACTIONS[all];
  if (known !== undefined) return known === "nothing" ? undefined : known;
  throw new UserError(`The plan has an unknown action: ${JSON.stringify(all.slice(0, 40))}.`, {
    hint: "Add it to src/pipeline/summary.ts.",
  });
}

const KNOWN_ACTIONS: Readonly<Record<string, Action | "nothing">> = {
  "no-op": "nothing",
  read: "nothing",
  create: "create",
  update: "update",
  delete: "delete",
  "delete create": "replace",
  "create delete": "replace",
  forget: "forget",
  // Creates a new object and forgets the old one. Reported as a replacement.
  "create forget": "replace",
};

/** Returns the first part of each path: deeper parts can be keys of maps, which may be confidential. */
function firstSteps(paths: readonly (readonly unknown[])[]): string[] {
  const names = paths.map(([first]) => first).filter((first) => typeof first === "string");
  return [...new Set(names)].sort();
}

/** @see https://developer.hashicorp.com/terraform/internals/json-format#change-representation */
const REASONS: Readonly<Record<string, string>> = {
  replace_because_tainted: "tainted",
  replace_by_request: "requested",
  replace_by_triggers: "a dependency changes",
  delete_because_no_resource_config: "no longer in the configuration",
  delete_because_no_module: "module no longer in the configuration",
  delete_because_wrong_repetition: "count and for_each were exchanged",
  delete_because_count_index: "count is lower",
  delete_because_each_key: "key no longer in for_each",
  delete_because_no_move_target: "moved to an address that does not exist",
};

function countsOf(resources: readonly PlannedResource[]): Counts {
  const count = (...actions: Action[]) => resources.filter(({ action }) => actions.includes(action)).length;
  return {
    add: count("create", "replace"),
    change: count("update"),
    destroy: count("delete", "replace"),
    replace: count("replace"),
    import: count("import"),
  };
}

/** Writes a summary, and creates its folder. */
export function writeSummary(file: string, summary: Summary): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(summary, null, 2)}\n`);
  } catch (error) {
    throw new UserError(`The summary cannot be written to ${file}: ${reasonOf(error)}.`, {
      hint: "Set another file with --out.",
    });
  }
}

/**
 * Reads all summaries of a folder, sorted by stack name.
 *
 * @param expected stacks that must have been planned; one without a summary gets one with the status `missing`
 */
export function readSummaries(folder: string, expected: readonly string[] = []): Summary[] {
  const found = new Map(
    summaryFiles(folder, expected.length > 0).map((file) => {
      const summary = readSummary(file);
      return [summary.stack, summary] as const;
    }),
  );
  for (const stack of expected) {
    if (!found.has(stack)) {
      found.set(stack, summarizeFailure(stack, "missing", ["The plan did not end."]));
    }
  }
  return [...found.values()].sort((one, other) => one.stack.localeCompare(other.stack));
}

/** Returns the files of all subfolders: the artifact of each job has its own folder. */
function summaryFiles(folder: string, mayBeAbsent: boolean): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort();
  } catch (error) {
    if (mayBeAbsent) return [];
    throw new UserError(`The summaries cannot be read from ${folder}: ${reasonOf(error)}.`, {
      hint: "Set the folder with --summaries.",
    });
  }
}

function readSummary(file: string): Summary {
  try {
    return Summary.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new UserError(`${file} is not a summary of a plan.`, {
      hint: "Create it again with npm run pipeline -- plan or summarize.",
      cause: error,
    });
  }
}
