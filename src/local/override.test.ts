import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../terraform/synthesized-stacks.js";
import { localDifferences, localOverride } from "./override.js";

const STACK = parseConfiguration(
  JSON.stringify({
    terraform: { required_providers: { aws: { source: "aws", version: "6.25.0" } } },
    provider: { aws: [{ region: "eu-west-1" }, { alias: "dr", region: "eu-central-1" }] },
    resource: {
      aws_rds_cluster: { database: { deletion_protection: true, skip_final_snapshot: false } },
      aws_s3_bucket: { dumps: { bucket: "dumps", lifecycle: { prevent_destroy: true } } },
      aws_lb: { public: { enable_deletion_protection: true } },
      aws_secretsmanager_secret: { database: {} },
      aws_ecr_repository: { images: {} },
      aws_vpc: { vpc: {} },
    },
  }),
);

function override(mirror?: { address: string; version: string }): Record<string, unknown> {
  const folder = "/project/.notejam/out/stacks/notejam-dev";
  const stateFile = "/project/.notejam/account/notejam-dev.tfstate";
  return JSON.parse(localOverride({ synthesized: STACK, folder, stateFile, mirror }));
}

describe("the override file of a local run", () => {
  it("stores the state in the state folder, with a relative path", () => {
    expect(override()).toMatchObject({
      terraform: { backend: { local: { path: "../../../account/notejam-dev.tfstate" } } },
    });
  });

  it("pins the provider to the mirror's version, and does not pin it with the registry", () => {
    const address = "registry.terraform.io/hashicorp/aws";
    expect(override({ address, version: "5.100.0" })).toMatchObject({
      terraform: { required_providers: { aws: { source: address, version: "5.100.0" } } },
    });
    expect(override()).not.toHaveProperty("terraform.required_providers");
  });

  it("sets few retries for every AWS provider of the stack", () => {
    expect(override().provider).toEqual({ aws: [{ max_retries: 3 }, { alias: "dr", max_retries: 3 }] });
  });

  it("makes everything destroyable: no protection, force_destroy for buckets and repositories", () => {
    expect(override().resource).toEqual({
      aws_rds_cluster: { database: { deletion_protection: false, skip_final_snapshot: true } },
      aws_s3_bucket: { dumps: { force_destroy: true, lifecycle: { prevent_destroy: false } } },
      aws_lb: { public: { enable_deletion_protection: false } },
      aws_secretsmanager_secret: { database: { recovery_window_in_days: 0 } },
      aws_ecr_repository: { images: { force_delete: true } },
    });
  });

  it("gives a reason for each difference", () => {
    for (const { because } of localDifferences(STACK)) {
      expect(because).toMatch(/\w+ .*could not be removed|stay reserved/);
    }
  });

  it("does not change other settings of the stack", () => {
    const plain = parseConfiguration(JSON.stringify({ terraform: {}, resource: { aws_vpc: { vpc: {} } } }));
    const text = localOverride({
      synthesized: plain,
      folder: "/a",
      stateFile: "/b",
      mirror: undefined,
    });
    expect(JSON.parse(text)).not.toHaveProperty("resource");
  });
});
