import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { ContainerRegistry, type ContainerRegistryProps } from "./container-registry.js";

const registryWith = (changes: Partial<ContainerRegistryProps> = {}) =>
  synthesize(
    (scope, { replica }) =>
      new ContainerRegistry(scope, "registry", {
        name: "notejam-prod",
        kmsKeyArn: "key-here",
        replica: { provider: replica, kmsKeyArn: "key-there" },
        ...changes,
      }),
  );

describe("ContainerRegistry", () => {
  const stack = registryWith();
  const repositories = stack.resources("aws_ecr_repository");
  const here = repositories.find(({ provider }) => provider === undefined);
  const there = repositories.find(({ provider }) => provider === "aws.dr");

  it("has the same name in both regions, with the key of each region", () => {
    expect(here).toMatchObject({
      name: "notejam-prod-ecr-registry",
      encryption_configuration: [{ encryption_type: "KMS", kms_key: "key-here" }],
    });
    expect(there).toMatchObject({
      name: "notejam-prod-ecr-registry",
      encryption_configuration: [{ encryption_type: "KMS", kms_key: "key-there" }],
    });
  });

  it("has immutable tags and scans on push", () => {
    for (const repository of [here, there]) {
      expect(repository).toMatchObject({
        image_tag_mutability: "IMMUTABLE",
        image_scanning_configuration: { scan_on_push: true },
      });
    }
  });

  it("expires untagged images after a week and keeps the newest 300, in both regions", () => {
    const policies = stack.resources("aws_ecr_lifecycle_policy");
    expect(policies.map(({ provider }) => provider).sort()).toEqual(["aws.dr", undefined]);
    for (const { policy } of policies) {
      const { rules } = JSON.parse(String(policy));
      expect(rules.map((rule: { selection: unknown }) => rule.selection)).toEqual([
        { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 7 },
        { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 300 },
      ]);
    }
  });

  it("cannot be deleted with images by default", () => {
    expect(here).toMatchObject({ force_delete: false });
    expect(registryWith({ forceDelete: true }).resources("aws_ecr_repository")[0]).toMatchObject({
      force_delete: true,
    });
  });

  it("rejects keepImages of 0", () => {
    expect(() => registryWith({ keepImages: 0 })).toThrow(/keepImages is 0.*1 or more/);
  });
});
