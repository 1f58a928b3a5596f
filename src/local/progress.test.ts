import { describe, expect, it } from "vitest";
import { plainProgress, ResourceProgress, wrapNote } from "./progress.js";

function recorder() {
  const record = {
    titles: [] as string[],
    working: [] as (readonly string[])[],
    logged: [] as string[],
    noted: [] as string[],
  };
  const step = {
    retitle: (title: string) => record.titles.push(title),
    working: (lines: readonly string[]) => record.working.push(lines),
    log: (line: string) => record.logged.push(line),
    note: (line: string) => record.noted.push(line),
  };
  return { ...record, step };
}

const hook = (addr: string, action: string, elapsed_seconds = 0) => ({
  resource: { addr },
  action,
  elapsed_seconds,
});

describe("the progress of an apply", () => {
  it("counts completed and planned operations, a replacement as two", () => {
    const { step, titles, logged, noted } = recorder();
    const { onEvent } = new ResourceProgress("Apply notejam-dev", step);
    onEvent({ type: "planned_change", change: { resource: { addr: "a" }, action: "replace" } });
    onEvent({ type: "planned_change", change: { resource: { addr: "b" }, action: "read" } });
    onEvent({ type: "change_summary", changes: { add: 1, change: 0, remove: 1, operation: "plan" } });
    onEvent({ type: "apply_start", hook: hook("a", "delete") });
    onEvent({ type: "apply_complete", hook: hook("a", "delete", 3) });
    onEvent({ type: "apply_complete", hook: hook("b", "read") });
    expect(titles.at(-1)).toBe("Apply notejam-dev  1/2");
    expect(logged).toEqual(["1/2 a removed (3 s)"]);
    expect(noted).toEqual(["1 to create, 0 to change, 1 to remove"]);
  });

  it("shows running operations with their duration, oldest first", () => {
    const { step, working } = recorder();
    let now = 0;
    const progress = new ResourceProgress("Apply", step, () => now);
    progress.onEvent({ type: "apply_start", hook: hook("first", "create") });
    now = 2000;
    progress.onEvent({ type: "apply_start", hook: hook("second", "create") });
    now = 12_400;
    progress.show();
    expect(working.at(-1)).toEqual(["first 12 s", "second 10 s"]);
    progress.onEvent({ type: "apply_complete", hook: hook("first", "create", 12) });
    expect(working.at(-1)).toEqual(["second 10 s"]);
  });

  it("reports that nothing changes", () => {
    const { step, noted } = recorder();
    new ResourceProgress("Apply", step).onEvent({
      type: "change_summary",
      changes: { add: 0, change: 0, remove: 0, operation: "plan" },
    });
    expect(noted).toEqual(["nothing to change"]);
  });
});

describe("progress without a terminal", () => {
  it("is a line per event, without control characters", async () => {
    const lines: string[] = [];
    const result = await plainProgress((line) => lines.push(line)).step("Apply", async (step) => {
      step.log("1/1 aws_vpc.vpc created (0 s)");
      step.note("one note");
      return 7;
    });
    expect(result).toBe(7);
    expect(lines).toEqual([
      "Apply …",
      "  1/1 aws_vpc.vpc created (0 s)",
      "  one note",
      expect.stringMatching(/^Apply: done in \d+\.\d s$/),
    ]);
  });
});

describe("a note on a terminal", () => {
  it("is wrapped between words, with its further lines indented", () => {
    expect(wrapNote("Left out: one thing. Install it: https://example.com/a-long-address", 30)).toBe(
      ["    Left out: one thing.", "      Install it:", "      https://example.com/a-long-address"].join(
        "\n",
      ),
    );
  });

  it("stays one line if the width is unknown", () => {
    expect(wrapNote("one two", 0)).toBe("    one two");
    expect(wrapNote("one two", undefined)).toBe("    one two");
  });
});
