import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { ReceivedImages } from "./received-images.js";

describe("ReceivedImages", () => {
  const stack = synthesize(
    (scope) => new ReceivedImages(scope, "images", { repositoryName: "notejam-prod-ecr-registry" }),
  );

  it("finds the repository that the other region sends to, and makes none", () => {
    expect(stack.data("aws_ecr_repository")).toEqual([
      expect.objectContaining({ name: "notejam-prod-ecr-registry" }),
    ]);
    expect(stack.resources("aws_ecr_repository")).toEqual([]);
  });
});
