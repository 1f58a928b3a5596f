import { impactOf } from "./destructive-changes.js";
import { codeSpan, fenced, link, oneSafeLine, sizeOf } from "./markdown.js";
import { type Action, changesNothing, type PlannedResource, type Summary } from "./summary.js";

/** Longest comment or issue on GitHub, in characters. */
export const LONGEST_BODY = 65_536;

/** Most warnings that are listed one by one; the folded lists have all destructive changes. */
const MOST_WARNINGS = 25;

/**
 * Returns plans as Markdown: warnings, a table with a row for each stack, and all resources in folded lists.
 *
 * @param room size limit in bytes. Longer lists are cut with a note, the least destructive changes first
 */
export function reportPlans(summaries: readonly Summary[], room: number): string {
  const head = [...warnings(summaries), table(summaries)].join("\n\n");
  const details: string[] = [];
  let left = room - sizeOf(head);
  const withDetails = summaries.filter((summary) => linesOf(summary).length > 0);
  for (const [index, summary] of withDetails.entries()) {
    const share = Math.floor(left / (withDetails.length - index));
    const detail = `\n\n${foldedPlan(summary, share)}`;
    details.push(detail);
    left -= sizeOf(detail);
  }
  return head + details.join("");
}

const isDestructive = ({ action }: PlannedResource) => ["delete", "replace", "forget"].includes(action);

interface DestructiveChange {
  readonly stack: string;
  readonly resource: PlannedResource;
  /** Impact; undefined for types that are recreated without loss. */
  readonly impact: string | undefined;
}

/** Returns a box with the destructive changes of all stacks, those with an impact first. */
function warnings(summaries: readonly Summary[]): string[] {
  const destroyed: DestructiveChange[] = summaries.flatMap(({ stack, resources = [] }) =>
    resources.filter(isDestructive).map((resource) => ({ stack, resource, impact: impactBy(resource) })),
  );
  const unseen = summaries.filter(({ resources, counts }) => resources === undefined && counts.destroy > 0);
  if (destroyed.length === 0 && unseen.length === 0) return [];
  const worstFirst = [...destroyed].sort((one, other) => Number(!one.impact) - Number(!other.impact));
  const lines = [
    ...(destroyed.length > MOST_WARNINGS ? byKind(worstFirst) : worstFirst.map(oneByOne)),
    ...unseen.map(
      ({ stack, counts }) =>
        `- ${stack}: **destroys ${resourceCount(counts.destroy)}**; see the run for details`,
    ),
  ];
  const total = destroyed.length + unseen.reduce((sum, { counts }) => sum + counts.destroy, 0);
  const title = `**This destroys, replaces or forgets ${resourceCount(total)}.** Read each line before you approve.`;
  return [["> [!CAUTION]", `> ${title}`, ">", ...lines.map((line) => `> ${line}`)].join("\n")];
}

/** A forgotten resource continues to exist. */
function impactBy({ action, type }: PlannedResource): string | undefined {
  return action === "forget" ? undefined : impactOf(type);
}

function oneByOne({ stack, resource, impact }: DestructiveChange): string {
  return warning(stack, resource.action, codeSpan(resource.address), impact);
}

/** Returns one warning for each type with an impact, and one for all others. */
function byKind(destroyed: readonly DestructiveChange[]): string[] {
  const harmful = destroyed.filter(({ impact }) => impact !== undefined);
  const kinds = new Map<string, string>();
  for (const { stack, resource, impact } of harmful) {
    const { action, type } = resource;
    const count = harmful.filter(
      (other) => other.stack === stack && other.resource.action === action && other.resource.type === type,
    ).length;
    kinds.set(`${stack} ${action} ${type}`, warning(stack, action, `${count} × ${codeSpan(type)}`, impact));
  }
  const lines = [...kinds.values()];
  const rest = destroyed.length - harmful.length;
  return rest === 0
    ? lines
    : [...lines, `- and ${resourceCount(rest)} without further impact; the lists below have all`];
}

function warning(stack: string, action: Action, what: string, impact: string | undefined): string {
  return `- ${stack}: **${VERBS[action]}** ${what}${impact === undefined ? "" : ` — **${impact}**`}`;
}

const resourceCount = (count: number) => `${count} ${count === 1 ? "resource" : "resources"}`;

const VERBS: Readonly<Record<Action, string>> = {
  create: "creates",
  update: "changes",
  replace: "replaces",
  delete: "destroys",
  forget: "forgets",
  import: "imports",
  move: "moves",
};

function table(summaries: readonly Summary[]): string {
  return [
    "| Stack | Add | Change | Destroy | Plan |",
    "|---|---:|---:|---:|---|",
    ...summaries.map(
      (summary) => `| ${[`**${summary.stack}**`, ...figures(summary), outcome(summary)].join(" | ")} |`,
    ),
  ].join("\n");
}

function figures({ status, counts }: Summary): string[] {
  if (status !== "planned") return ["–", "–", "–"];
  const { add, change, destroy, replace } = counts;
  const replaced = replace > 0 ? ` (${replace} replaced)` : "";
  return [String(add), String(change), destroy > 0 ? `**${destroy}**${replaced} ⚠️` : "0"];
}

function outcome(summary: Summary): string {
  const words = OUTCOMES[summary.status] ?? (changesNothing(summary) ? "no changes" : "planned");
  return summary.url === undefined ? words : link(words, summary.url);
}

const OUTCOMES: Readonly<Record<string, string>> = { failed: "❌ failed", missing: "❌ no plan" };

/** Prefix of a line: the signs of a diff, which GitHub colors; `!` is orange. */
const SIGNS: Readonly<Record<Action, string>> = {
  delete: "-",
  replace: "-/+",
  forget: "-",
  update: "!",
  create: "+",
  import: "+",
  move: "!",
};

/** Order of the lists: destructive changes first, because the end may be cut. */
const ORDER: readonly Action[] = ["delete", "replace", "forget", "update", "create", "import", "move"];

function linesOf({ errors, resources, outputs }: Summary): string[] {
  const sorted = [...(resources ?? [])].sort(
    (one, other) =>
      ORDER.indexOf(one.action) - ORDER.indexOf(other.action) || one.address.localeCompare(other.address),
  );
  return [
    ...errors.map((error) => `- Error: ${oneSafeLine(error)}`),
    ...sorted.map(lineOf),
    ...outputs.map((name) => `! output ${oneSafeLine(name)}`),
  ];
}

function lineOf({
  action,
  address,
  attributes,
  replacedFor,
  reason,
  previousAddress,
}: PlannedResource): string {
  const notes = [
    action === "forget" ? "no longer managed; the resource remains" : "",
    action === "import" ? "imported" : "",
    previousAddress === undefined ? "" : `was ${previousAddress}`,
    reason ?? "",
    replacedFor.length > 0 ? `replaced because of ${replacedFor.join(", ")}` : "",
    attributes.length > 0 && action === "update" ? attributes.join(", ") : "",
  ].filter((note) => note !== "");
  return `${SIGNS[action]} ${oneSafeLine(address)}${notes.length > 0 ? `  (${oneSafeLine(notes.join("; "))})` : ""}`;
}

function foldedPlan(summary: Summary, room: number): string {
  const lines = linesOf(summary);
  const frame = (shown: readonly string[]) => fold(summary, shown);
  let left = room - sizeOf(frame([cutNote(lines.length)]));
  const fitting = lines.filter((line) => {
    left -= sizeOf(line) + 1;
    return left >= 0;
  });
  const cut = lines.length - fitting.length;
  return frame(cut === 0 ? lines : [...fitting, cutNote(cut)]);
}

function cutNote(count: number): string {
  return `# … ${count} more, in the run: GitHub limits the length.`;
}

function fold(summary: Summary, lines: readonly string[]): string {
  const title = `<summary>${summary.stack}: ${summaryLine(summary)}</summary>`;
  return ["<details>", title, "", fenced("diff", lines), "", "</details>"].join("\n");
}

/** Returns Terraform's summary line, extended by replacements, imports and outputs. */
function summaryLine({ status, counts, outputs }: Summary): string {
  if (status !== "planned") return "errors";
  const parts = [`${counts.add} to add`, `${counts.change} to change`, `${counts.destroy} to destroy`];
  if (counts.replace > 0) parts.push(`${counts.replace} of them replaced`);
  if (counts.import > 0) parts.push(`${counts.import} to import`);
  if (outputs.length > 0)
    parts.push(outputs.length === 1 ? "1 output changes" : `${outputs.length} outputs change`);
  return parts.join(", ");
}
