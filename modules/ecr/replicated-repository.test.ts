import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { ReplicatedRepository } from "./replicated-repository.js";

describe("ReplicatedRepository", () => {
  const stack = synthesize(
    (scope) => new ReplicatedRepository(scope, "images", { repositoryName: "notejam-prod-ecr-registry" }),
  );

  it("uses the existing replica repository", () => {
    expect(stack.data("aws_ecr_repository")).toEqual([
      expect.objectContaining({ name: "notejam-prod-ecr-registry" }),
    ]);
    expect(stack.resources("aws_ecr_repository")).toEqual([]);
  });
});
