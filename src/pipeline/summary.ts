import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { changedAttributes, type Plan, type ResourceChange } from "../terraform/plan-json.js";
import { PipelineProblem, reasonOf } from "./problem.js";

const Action = z.enum(["create", "update", "replace", "delete", "forget", "import", "move"]);
/** What a plan does to a resource. `forget` leaves it standing and no longer knows it. */
export type Action = z.infer<typeof Action>;

const PlannedResource = z.object({
  /** Terraform's address. Terraform refuses sensitive values as its keys. */
  address: z.string(),
  type: z.string(),
  action: Action,
  /** Names of the attributes that change. */
  attributes: z.array(z.string()),
  /** Names of the attributes for whose sake it is replaced. */
  replacedFor: z.array(z.string()),
  /** Why, where it is not the configuration of the resource itself. */
  reason: z.string().optional(),
  previousAddress: z.string().optional(),
});
export type PlannedResource = z.infer<typeof PlannedResource>;

const Counts = z.object({
  add: z.number().int().nonnegative(),
  change: z.number().int().nonnegative(),
  destroy: z.number().int().nonnegative(),
  /** Of those added and destroyed. */
  replace: z.number().int().nonnegative(),
  import: z.number().int().nonnegative(),
});
export type Counts = z.infer<typeof Counts>;

const Summary = z.object({
  summaryVersion: z.literal(1),
  stack: z.string().regex(/^[a-z0-9][a-z0-9-]{0,89}$/),
  /** `failed`: Terraform found errors. `missing`: there was no plan at all. */
  status: z.enum(["planned", "failed", "missing"]),
  /** Where the whole plan can be read by those who may. */
  url: z.url({ protocol: /^https$/ }).optional(),
  counts: Counts,
  /** Undefined when only the counts could be read. */
  resources: z.array(PlannedResource).optional(),
  /** Names of outputs that change. */
  outputs: z.array(z.string()),
  /** What went wrong, each in a line. */
  errors: z.array(z.string()),
});

/**
 * What a plan would do, without a value of any attribute: addresses, actions and names of attributes, so that nothing
 * confidential can be in it, marked as such or not.
 */
export type Summary = z.infer<typeof Summary>;

const NOTHING: Counts = { add: 0, change: 0, destroy: 0, replace: 0, import: 0 };

/** The summary of a plan in JSON. */
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
    errors: plan.errored ? ["Terraform could not plan all of it."] : [],
  });
}

/** The summary of a plan of which only the counts are known. */
export function summarizeCounts(stack: string, counts: Counts, url?: string): Summary {
  return checked({ summaryVersion: 1, stack, status: "planned", url, counts, outputs: [], errors: [] });
}

/** The summary of a plan that failed, or that never came to be. */
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

/** Whether a plan leaves everything as it is. */
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
  throw new PipelineProblem(
    `${JSON.stringify(summary.stack)} cannot be the name of a stack, or ${JSON.stringify(summary.url ?? "")} the address of a run.`,
    "Stacks' names have lower-case letters, digits and hyphens; runs are at an https address.",
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

/** Terraform's combinations of actions. One that came later than this program is an error, never left out. */
function actionOf(
  { actions, importing }: ResourceChange["change"],
  previousAddress: string | undefined,
): Action | undefined {
  const all = actions.join(" ");
  if (all === "no-op" && importing !== undefined && importing !== null) return "import";
  if (all === "no-op" && previousAddress !== undefined) return "move";
  const known = KNOWN_ACTIONS[all];
  if (known !== undefined) return known === "nothing" ? undefined : known;
  throw new PipelineProblem(
    `The plan has an action that this program does not know: ${JSON.stringify(all.slice(0, 40))}.`,
    "Add it to src/pipeline/summary.ts with the way it is to be shown.",
  );
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
  // The old object is left standing and forgotten, a new one made: as destructive to look at as a replacement.
  "create forget": "replace",
};

/** Keys further inside (of maps) may be anybody's words: the name of the attribute is enough. */
function firstSteps(paths: readonly (readonly unknown[])[]): string[] {
  const names = paths.map(([first]) => first).filter((first) => typeof first === "string");
  return [...new Set(names)].sort();
}

/** @see https://developer.hashicorp.com/terraform/internals/json-format#change-representation */
const REASONS: Readonly<Record<string, string>> = {
  replace_because_tainted: "it is marked as damaged",
  replace_by_request: "somebody asked for it",
  replace_by_triggers: "what it depends on changes",
  delete_because_no_resource_config: "it is no longer in the configuration",
  delete_because_no_module: "its module is no longer in the configuration",
  delete_because_wrong_repetition: "it is repeated in another way now",
  delete_because_count_index: "there are fewer of it now",
  delete_because_each_key: "its key is gone",
  delete_because_no_move_target: "it was moved to where nothing is",
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

/** Writes a summary, and its folder. */
export function writeSummary(file: string, summary: Summary): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(summary, null, 2)}\n`);
  } catch (error) {
    throw new PipelineProblem(
      `The summary cannot be written to ${file}: ${reasonOf(error)}.`,
      "Name a file that can be written with --out.",
    );
  }
}

/**
 * Reads every summary of a folder, in the order of the stacks' names, and stands in for those that should be there.
 *
 * @param expected stacks that were to be planned; one without a summary counts as failed
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
      found.set(stack, summarizeFailure(stack, "missing", ["Its plan did not come to an end."]));
    }
  }
  return [...found.values()].sort((one, other) => one.stack.localeCompare(other.stack));
}

/** Artifacts of several jobs lie in a folder each. */
function summaryFiles(folder: string, mayBeAbsent: boolean): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort();
  } catch (error) {
    if (mayBeAbsent) return [];
    throw new PipelineProblem(
      `The summaries cannot be read from ${folder}: ${reasonOf(error)}.`,
      "Name the folder with --summaries.",
    );
  }
}

function readSummary(file: string): Summary {
  try {
    return Summary.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new PipelineProblem(
      `${file} is not a summary that this program wrote.`,
      "Make it again with `npm run pipeline -- plan` or `summarize`.",
      { cause: error },
    );
  }
}
