import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { canariesIn, recordedPlans, recordedSummary } from "../../test/recorded-plans.js";
import { parsePlan } from "../terraform/plan-json.js";
import { changesNothing, readSummaries, summarize, summarizeCounts, writeSummary } from "./summary.js";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "notejam-summaries-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Returns a plan with one resource. */
const planWith = (change: object, more: object = {}) =>
  parsePlan(
    JSON.stringify({
      format_version: "1.2",
      resource_changes: [{ address: "aws_x.y", mode: "managed", type: "aws_x", change, ...more }],
    }),
    "plan.json",
  );

const actionOf = (change: object, more: object = {}) =>
  summarize("notejam-dev", planWith(change, more)).resources?.[0]?.action;

describe("the summary of a real plan", () => {
  it.each([
    ["create", { add: 9, change: 0, destroy: 0, replace: 0, import: 0 }],
    ["change", { add: 1, change: 4, destroy: 1, replace: 1, import: 0 }],
    ["replace", { add: 2, change: 0, destroy: 2, replace: 2, import: 0 }],
    ["destroy", { add: 0, change: 0, destroy: 3, replace: 0, import: 0 }],
    ["no-change", { add: 0, change: 0, destroy: 0, replace: 0, import: 0 }],
    ["move-forget-import", { add: 0, change: 0, destroy: 0, replace: 0, import: 1 }],
    ["many", { add: 240, change: 0, destroy: 0, replace: 0, import: 0 }],
  ])("%s has Terraform's own figures", (name, counts) => {
    expect(recordedSummary(name)).toMatchObject({ status: "planned", counts, errors: [] });
  });

  it("has the status failed after an error", () => {
    expect(recordedSummary("error")).toMatchObject({ status: "failed" });
  });

  it.each(recordedPlans())("contains no value: %s", (name) => {
    expect(canariesIn(JSON.stringify(recordedSummary(name)))).toEqual([]);
  });

  it("recognizes an empty plan", () => {
    const idle = recordedPlans().filter((name) => changesNothing(recordedSummary(name)));
    expect(idle).toEqual(["no-change"]);
  });

  it("names the attributes that force a replacement, without keys inside them", () => {
    const change = {
      actions: ["delete", "create"],
      before: { name: "a", tags: { k: "v" } },
      after: { name: "b", tags: { k: "w" } },
      replace_paths: [["name"], ["tags", "CANARY-key"], ["tags", 0]],
    };
    expect(summarize("notejam-dev", planWith(change)).resources).toMatchObject([
      { action: "replace", replacedFor: ["name", "tags"], attributes: ["name", "tags"] },
    ]);
  });
});

describe("the attributes that change", () => {
  it("include attributes that are known after the apply, also as a part of others", () => {
    const change = {
      actions: ["update"],
      before: { tags: { a: "1" }, size: 1, name: null },
      after: { tags: { a: "1" }, size: 1 },
      after_unknown: { tags: { b: true }, size: false, arn: true },
    };
    expect(summarize("notejam-dev", planWith(change)).resources?.[0]?.attributes).toEqual(["arn", "tags"]);
  });
});

describe("an action of Terraform", () => {
  it.each([
    [["create"], "create"],
    [["update"], "update"],
    [["delete"], "delete"],
    [["delete", "create"], "replace"],
    [["create", "delete"], "replace"],
    [["create", "forget"], "replace"],
    [["forget"], "forget"],
    [["no-op"], undefined],
    [["read"], undefined],
  ])("%j is shown as %s", (actions, action) => {
    expect(actionOf({ actions })).toBe(action);
  });

  it("is an error when it is unknown", () => {
    expect(() => actionOf({ actions: ["explode"] })).toThrow(/unknown action: "explode"/);
  });

  it("on a data source is ignored", () => {
    expect(actionOf({ actions: ["read"] }, { mode: "data" })).toBeUndefined();
  });

  it("is move or import without other changes", () => {
    expect(actionOf({ actions: ["no-op"] }, { previous_address: "aws_x.old" })).toBe("move");
    expect(actionOf({ actions: ["no-op"], importing: { id: "x" } })).toBe("import");
  });
});

describe("a plan that cannot be read", () => {
  it.each([
    ["nonsense CANARY", /^plan\.json is not JSON\. .*terraform show -json/],
    ["{}", /is not a plan in JSON/],
    ["[]", /is not a plan in JSON/],
    ['{"format_version":"1.0","values":{}}', /is not a plan in JSON/],
    ['{"format_version":"2.0"}', /a plan of format "2\.0"; only 1\.x is supported/],
    ['{"format_version":"0.2"}', /a plan of format "0\.2"/],
    [
      '{"format_version":"1.2","resource_changes":[{"CANARY":1}]}',
      /but resource_changes\.0\.address does not match/,
    ],
  ])("is reported in one line, without its content: %s", (text, message) => {
    expect(() => parsePlan(text, "plan.json")).toThrow(message);
    try {
      parsePlan(text, "plan.json");
    } catch (error) {
      expect(String(error)).not.toMatch(/CANARY|\n/);
    }
  });

  it("accepts a later minor version with the same fields", () => {
    expect(parsePlan('{"format_version":"1.99","planned_values":{},"new":1}', "x")).toEqual({
      errored: false,
    });
  });

  it("accepts the format of HCP Terraform, too", () => {
    const text = '{"plan_format_version":"1.2","provider_format_version":"1.0","resource_changes":[]}';
    expect(parsePlan(text, "x").resource_changes).toEqual([]);
  });
});

describe("the summaries of a folder", () => {
  it("are read from the folders of the jobs, sorted by stack", () => {
    const folder = temporaryFolder();
    const counts = { add: 1, change: 0, destroy: 0, replace: 0, import: 0 };
    writeSummary(join(folder, "b", "plan.json"), summarizeCounts("notejam-prod", counts));
    writeSummary(join(folder, "a", "x", "plan.json"), summarizeCounts("notejam-dev", counts));
    expect(readSummaries(folder).map(({ stack }) => stack)).toEqual(["notejam-dev", "notejam-prod"]);
  });

  it("include missing plans", () => {
    const folder = temporaryFolder();
    expect(readSummaries(join(folder, "none"), ["notejam-dev"])).toMatchObject([
      { stack: "notejam-dev", status: "missing", errors: ["The plan did not end."] },
    ]);
  });

  it.each(["{}", "nonsense", '{"summaryVersion":2}', '{"summaryVersion":1,"stack":"<b>"}'])(
    "are rejected in another format: %s",
    (text) => {
      const folder = temporaryFolder();
      mkdirSync(join(folder, "x"));
      writeFileSync(join(folder, "x", "a.json"), text);
      expect(() => readSummaries(folder)).toThrow(/a\.json is not a summary of a plan/);
    },
  );

  it("need a folder", () => {
    expect(() => readSummaries("/nowhere")).toThrow(/cannot be read from \/nowhere: .*--summaries/);
  });

  it("have valid names of stacks and addresses of runs", () => {
    expect(() => summarize("a b", planWith({ actions: ["create"] }))).toThrow(/"a b" is not a stack name/);
    expect(() => summarize("a", planWith({ actions: ["create"] }), "javascript:alert(1)")).toThrow(
      /address of a run/,
    );
  });
});
