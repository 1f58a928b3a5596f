import { describe, expect, it } from "vitest";
import { repositoryConfiguration, stackNamed, synthesizeApp } from "../../test/synthesized-app.js";
import { imageTags, isTagOfMain } from "./image-tag.js";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const DATE = new Date("2026-11-22T23:59:59Z");
const tagsOf = (branch: string, runId = "17") => imageTags({ branch, commit: COMMIT, runId, date: DATE });

describe("the tags of a build", () => {
  it("contain day, branch, commit and run", () => {
    expect(tagsOf("main")).toEqual({
      tag: "2026-11-22.main-01234567-17",
      toolsTag: "2026-11-22.main-01234567-17-tools",
    });
  });

  it.each([
    ["feature/x", "2026-11-22.feature-x-01234567-17"],
    ["12/merge", "2026-11-22.12-merge-01234567-17"],
    ["a.b c;$(d)", "2026-11-22.a-b-c---d--01234567-17"],
    ["ä".repeat(200), `2026-11-22.${"-".repeat(80)}-01234567-17`],
  ])("are tags for any name of a branch: %s", (branch, tag) => {
    const { tag: made, toolsTag } = tagsOf(branch);
    expect(made).toBe(tag);
    expect(toolsTag).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/);
  });

  it("are sorted by run and followed by Flux in dev, but not those of other branches", async () => {
    const stacks = synthesizeApp(await repositoryConfiguration());
    const text = JSON.stringify(stackNamed(stacks, "notejam-dev-gitops").json);
    const pattern = /"IMAGE_TAG_PATTERN":"([^"]+)"/.exec(text)?.[1] ?? "";
    const followed = new RegExp(`^${pattern.replaceAll("(?P<", "(?<")}$`);
    expect(followed.exec(tagsOf("main").tag)?.groups).toEqual({ run: "17" });
    const others = [
      "Main",
      "main.",
      "main-",
      "-main",
      "x/main",
      "main-deadbeef-99",
      "main/x",
      "9.main",
      "maın",
    ];
    for (const branch of others) {
      expect(tagsOf(branch).tag, branch).not.toMatch(followed);
      expect(isTagOfMain(tagsOf(branch).tag), branch).toBe(false);
    }
    expect(tagsOf("main").toolsTag).not.toMatch(followed);
    expect(isTagOfMain(tagsOf("main").tag)).toBe(true);
  });

  it.each([
    [{ branch: "" }, /branch is empty.*GITHUB_REF_NAME/],
    [{ commit: "0123456" }, /"0123456" is not a full commit.*GITHUB_SHA/],
    [{ runId: "x" }, /"x" is not the id of a workflow run.*GITHUB_RUN_ID/],
    [{ date: new Date(Number.NaN) }, /date is not valid.*YYYY-MM-DD/],
  ])("are rejected for an invalid build: %o", (wrong, message) => {
    const right = { branch: "main", commit: COMMIT, runId: "17", date: DATE };
    expect(() => imageTags({ ...right, ...wrong })).toThrow(message);
  });
});
