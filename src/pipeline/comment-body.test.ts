import { describe, expect, it } from "vitest";
import { canariesIn, recordedPlans, recordedSummary } from "../../test/recorded-plans.js";
import { commentBody, isLater, runOf } from "./comment-body.js";
import { sizeOf } from "./markdown.js";
import { LONGEST_BODY } from "./plan-report.js";
import { type PlannedResource, type Summary, summarizeCounts, summarizeFailure } from "./summary.js";

const RUN = { number: 12, attempt: 1 };
const COMMIT = "0123456789abcdef0123456789abcdef01234567";

const bodyOf = (...summaries: readonly Summary[]) =>
  commentBody({ summaries, removed: [], run: RUN, commit: COMMIT });

/** Returns the summary of a stack with many resources of one type. */
function large(stack: string, count: number, action: PlannedResource["action"]): Summary {
  const resources = Array.from({ length: count }, (_, index) => ({
    address: `aws_sqs_queue.queue_${index}_${"x".repeat(150)}`,
    type: "aws_sqs_queue",
    action,
    attributes: [],
    replacedFor: [],
  }));
  return { ...recordedSummary("create", stack), resources, outputs: [] };
}

describe("the comment of a pull request", () => {
  it("matches the recorded comment", async () => {
    const summaries = [
      recordedSummary("no-change", "notejam-dev"),
      recordedSummary("change", "notejam-dev-gitops"),
      recordedSummary("replace", "notejam-prod"),
      recordedSummary("destroy", "notejam-prod-gitops"),
      recordedSummary("move-forget-import", "notejam-stage"),
      recordedSummary("create", "notejam-stage-gitops"),
      summarizeFailure(
        "notejam-test",
        "failed",
        ["aws_s3_bucket.notes: Resource precondition failed"],
        "https://app.terraform.io/app/example-notes/notejam-test/runs/run-9",
      ),
      summarizeFailure("notejam-test-gitops", "missing", ["The plan did not end."]),
    ];
    const body = commentBody({ summaries, removed: ["notejam-old"], run: RUN, commit: COMMIT });
    await expect(body).toMatchFileSnapshot("../../test/fixtures/plans/comment.md");
  });

  it.each(recordedPlans())("contains no value of the plan: %s", (name) => {
    const body = bodyOf(recordedSummary(name));
    expect(canariesIn(body)).toEqual([]);
    // Parts of a policy, a password or a script, in any encoding.
    expect(body).not.toMatch(/CANARY|aws:Referer|ZWNobyBzdGFydGVk|Statement/i);
    expect(sizeOf(body)).toBeLessThan(LONGEST_BODY);
  });

  it("warns about destroyed and replaced resources, those with an impact first", () => {
    const body = bodyOf(recordedSummary("destroy"));
    expect(body).toContain("**This destroys, replaces or forgets 3 resources.**");
    const key = body.indexOf(
      "**destroys** ` aws_kms_key.notes ` — **data encrypted with it can never be read again**",
    );
    expect(key).toBeGreaterThan(0);
    expect(body.indexOf("` aws_dynamodb_table.pads ` — **its data is lost**")).toBeLessThan(
      body.indexOf("| Stack |"),
    );
    expect(bodyOf(recordedSummary("create"))).not.toContain("CAUTION");
  });

  it("warns about forgotten resources, without an impact", () => {
    const summary = large("notejam-dev", 1, "forget");
    const [resource] = summary.resources ?? [];
    if (resource === undefined) throw new Error("there is no resource");
    const body = bodyOf({ ...summary, resources: [{ ...resource, type: "aws_s3_bucket" }] });
    expect(body).toContain("**forgets**");
    expect(body).not.toContain("lost");
  });

  it("warns about destroyed resources of which only the count is known", () => {
    const counts = { add: 0, change: 1, destroy: 2, replace: 0, import: 0 };
    const body = bodyOf(summarizeCounts("notejam-dev", counts));
    expect(body).toContain("This destroys, replaces or forgets 2 resources.");
    expect(body).toContain("| **notejam-dev** | 0 | 1 | **2** ⚠️ | planned |");
  });

  it("counts many destroyed resources by type, and lists every type with an impact", () => {
    const [table] = recordedSummary("destroy").resources ?? [];
    if (table === undefined) throw new Error("there is no resource");
    const many = large("notejam-dev", 300, "delete");
    const keys = Array.from({ length: 8 }, (_, index) => ({
      ...table,
      type: "aws_kms_key",
      address: `aws_kms_key.k${index}`,
    }));
    const body = bodyOf({ ...many, resources: [...(many.resources ?? []), ...keys, table] });
    expect(body).toContain(
      "> - notejam-dev: **destroys** 8 × ` aws_kms_key ` — **data encrypted with it can never be read again**",
    );
    expect(body).toContain("> - notejam-dev: **destroys** 1 × ` aws_dynamodb_table ` — **its data is lost**");
    expect(body).toContain("> - and 300 resources without further impact; the lists below have all");
  });

  it("counts a replacement as added and destroyed, and marks it", () => {
    expect(bodyOf(recordedSummary("replace"))).toMatch(
      /\| \*\*notejam-replace\*\* \| 2 \| 0 \| \*\*2\*\* \(2 replaced\) ⚠️ \| \[planned\]\(https:/,
    );
  });

  it("shows hostile names as text", () => {
    const body = bodyOf(recordedSummary("many"));
    expect(body).toContain("@everyone");
    const lines = body.split("\n");
    const [start, end] = [lines.indexOf("```diff"), lines.lastIndexOf("```")];
    // The hostile text is inside the only fence.
    expect(lines.filter((line) => /^ {0,3}(```|~~~)/.test(line))).toEqual(["```diff", "```"]);
    const outside = [...lines.slice(0, start), ...lines.slice(end)].join("\n");
    expect(outside).not.toMatch(/everyone|onerror|evil/);
    expect(body).not.toMatch(/\u202E/);
    expect(runOf(body)).toEqual(RUN);
  });

  it("shows a hostile name as text in a warning, too", () => {
    const address = 'aws_s3_bucket.x["` | <img src=x> @everyone\n[a](https://evil.example)"]';
    const summary = large("notejam-dev", 1, "delete");
    const [resource] = summary.resources ?? [];
    if (resource === undefined) throw new Error("there is no resource");
    const body = bodyOf({ ...summary, resources: [{ ...resource, address }] });
    expect(body).toContain(
      '**destroys** `` aws_s3_bucket.x["` | <img src=x> @everyone [a](https://evil.example)"] ``',
    );
  });

  it("keeps a name in its line of the folded list", () => {
    const summary = large("notejam-dev", 1, "create");
    const [resource] = summary.resources ?? [];
    if (resource === undefined) throw new Error("there is no resource");
    const hostile = "x\n```\n</details>\u202E @everyone";
    const body = bodyOf({
      ...summary,
      resources: [{ ...resource, address: hostile, previousAddress: hostile }],
    });
    expect(body).toContain("+ x ``` </details>  @everyone  (was x ``` </details>  @everyone)\n```\n");
  });

  it("respects GitHub's limit, cuts the least destructive changes first, and counts them", () => {
    const mixed = large("notejam-dev", 900, "create");
    const destroyed = large("notejam-dev", 40, "delete").resources ?? [];
    const body = bodyOf(
      { ...mixed, resources: [...(mixed.resources ?? []), ...destroyed] },
      large("notejam-prod", 900, "update"),
    );
    expect(sizeOf(body)).toBeLessThan(LONGEST_BODY);
    expect(sizeOf(body)).toBeGreaterThan(0.9 * LONGEST_BODY);
    expect(body.match(/^- aws_sqs_queue/gm)).toHaveLength(40);
    expect(body.match(/^# … \d+ more/gm)).toHaveLength(2);
    const shown = body.match(/^[+!] aws_sqs_queue/gm)?.length ?? 0;
    const cut = [...body.matchAll(/^# … (\d+) more/gm)].map(([, count]) => Number(count));
    expect(shown + cut.reduce((sum, count) => sum + count, 0)).toBe(1800);
    expect(body.match(/<details>/g)).toHaveLength(2);
    expect(body.match(/<\/details>/g)).toHaveLength(2);
  });

  it("gives one stack the space that another does not need", () => {
    const body = bodyOf(recordedSummary("create"), large("notejam-prod", 250, "create"));
    expect(body).not.toMatch(/^# … \d+ more/m);
  });

  it("says that no stack changes", () => {
    expect(bodyOf()).toContain("No changes.");
  });
});

describe("the marker of a comment", () => {
  it("contains the run", () => {
    expect(runOf(bodyOf())).toEqual(RUN);
    for (const other of ["", "LGTM", `> ${bodyOf()}`, "<!-- notejam-plan -->"])
      expect(runOf(other)).toBeUndefined();
  });

  it("orders runs, then attempts", () => {
    expect(isLater({ number: 10, attempt: 1 }, { number: 9, attempt: 3 })).toBe(true);
    expect(isLater({ number: 9, attempt: 3 }, { number: 9, attempt: 2 })).toBe(true);
    expect(isLater({ number: 9, attempt: 2 }, { number: 9, attempt: 2 })).toBe(false);
  });
});
