import { lossOf } from "./destructive-changes.js";
import { codeSpan, fenced, link, oneSafeLine, sizeOf } from "./markdown.js";
import { type Action, changesNothing, type PlannedResource, type Summary } from "./summary.js";

/** What GitHub takes of a comment or an issue, in characters. */
export const LONGEST_BODY = 65_536;

/** Every destruction is in the folded lists too: up here as many as somebody reads. */
const MOST_WARNINGS = 25;

/**
 * Plans as Markdown: the warnings, a table with a row per stack, and every resource folded away.
 *
 * @param room bytes that it may take; what does not fit is cut, the harmless first, and it says so
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

interface Destruction {
  readonly stack: string;
  readonly resource: PlannedResource;
  /** What is lost; undefined for what is made again without a trace. */
  readonly loss: string | undefined;
}

/** Destructions of every stack, the worst first, in a box that cannot be overlooked. */
function warnings(summaries: readonly Summary[]): string[] {
  const destroyed: Destruction[] = summaries.flatMap(({ stack, resources = [] }) =>
    resources.filter(isDestructive).map((resource) => ({ stack, resource, loss: lossBy(resource) })),
  );
  const unseen = summaries.filter(({ resources, counts }) => resources === undefined && counts.destroy > 0);
  if (destroyed.length === 0 && unseen.length === 0) return [];
  const worstFirst = [...destroyed].sort((one, other) => Number(!one.loss) - Number(!other.loss));
  const lines = [
    ...(destroyed.length > MOST_WARNINGS ? byKind(worstFirst) : worstFirst.map(oneByOne)),
    ...unseen.map(
      ({ stack, counts }) => `- ${stack}: **destroys ${things(counts.destroy)}**; the run says which`,
    ),
  ];
  const total = destroyed.length + unseen.reduce((sum, { counts }) => sum + counts.destroy, 0);
  const title = `**This destroys, replaces or forgets ${things(total)}.** Read each line before you approve.`;
  return [["> [!CAUTION]", `> ${title}`, ">", ...lines.map((line) => `> ${line}`)].join("\n")];
}

/** What is forgotten goes on as it is. */
function lossBy({ action, type }: PlannedResource): string | undefined {
  return action === "forget" ? undefined : lossOf(type);
}

function oneByOne({ stack, resource, loss }: Destruction): string {
  return warning(stack, resource.action, codeSpan(resource.address), loss);
}

/** Too many for anybody to read one by one: how many of each kind, and of the harmless ones only how many. */
function byKind(destroyed: readonly Destruction[]): string[] {
  const losing = destroyed.filter(({ loss }) => loss !== undefined);
  const kinds = new Map<string, string>();
  for (const { stack, resource, loss } of losing) {
    const { action, type } = resource;
    const count = losing.filter(
      (other) => other.stack === stack && other.resource.action === action && other.resource.type === type,
    ).length;
    kinds.set(`${stack} ${action} ${type}`, warning(stack, action, `${count} × ${codeSpan(type)}`, loss));
  }
  const lines = [...kinds.values()];
  const rest = destroyed.length - losing.length;
  return rest === 0
    ? lines
    : [...lines, `- and ${things(rest)} that lose nothing by themselves; all are listed below`];
}

function warning(stack: string, action: Action, what: string, loss: string | undefined): string {
  return `- ${stack}: **${VERBS[action]}** ${what}${loss === undefined ? "" : ` — **${loss}**`}`;
}

const things = (count: number) => `${count} ${count === 1 ? "resource" : "resources"}`;

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

/** What stands before a line: a diff's own signs, so that GitHub colours them; `!` is orange. */
const SIGNS: Readonly<Record<Action, string>> = {
  delete: "-",
  replace: "-/+",
  forget: "-",
  update: "!",
  create: "+",
  import: "+",
  move: "!",
};

/** The order of the lists: what hurts first, for it is cut last. */
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
    action === "forget" ? "stays, and is no longer managed" : "",
    action === "import" ? "imported" : "",
    previousAddress === undefined ? "" : `was ${previousAddress}`,
    reason ?? "",
    replacedFor.length > 0 ? `replaced for ${replacedFor.join(", ")}` : "",
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
  return `# … ${count} more: GitHub takes no longer text. The run shows them.`;
}

function fold(summary: Summary, lines: readonly string[]): string {
  const title = `<summary>${summary.stack}: ${inWords(summary)}</summary>`;
  return ["<details>", title, "", fenced("diff", lines), "", "</details>"].join("\n");
}

/** Terraform's own sentence, with what it leaves out. */
function inWords({ status, counts, outputs }: Summary): string {
  if (status !== "planned") return "why there is no plan";
  const parts = [`${counts.add} to add`, `${counts.change} to change`, `${counts.destroy} to destroy`];
  if (counts.replace > 0) parts.push(`${counts.replace} of them replaced`);
  if (counts.import > 0) parts.push(`${counts.import} to import`);
  if (outputs.length > 0)
    parts.push(outputs.length === 1 ? "1 output changes" : `${outputs.length} outputs change`);
  return parts.join(", ");
}
