import { describe, expect, it } from "vitest";
import { bootstrapTags, REQUIRED_TAGS, tagsOf } from "./tags.js";

describe("tags", () => {
  it("hold the four that every resource bears, and the environment's own", () => {
    const tags = tagsOf({ name: "prod", tags: { Owner: "DevOps", Project: "NoteJam", CostCenter: "notes" } });
    expect(tags).toEqual({
      Owner: "DevOps",
      Environment: "prod",
      ManagedBy: "Terraform",
      Project: "NoteJam",
      CostCenter: "notes",
    });
    expect(Object.keys(tags)).toEqual(expect.arrayContaining([...REQUIRED_TAGS]));
    expect(Object.keys(bootstrapTags()).sort()).toEqual([...REQUIRED_TAGS].sort());
  });
});
