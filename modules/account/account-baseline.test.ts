import { describe, expect, it } from "vitest";
import { statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../core/aws-account.js";
import { AccountBaseline, type BaselineRegion } from "./account-baseline.js";

const baselineFor = (regionsOf: (replica: BaselineRegion["provider"]) => readonly BaselineRegion[]) =>
  synthesize(
    (scope, { replica }) =>
      new AccountBaseline(scope, "guard-rails", {
        name: "notejam-bootstrap",
        imagePrefix: "notejam-",
        account: new AwsAccount(scope, "account", { region: "eu-west-1" }),
        regions: regionsOf(replica),
        trail: { retentionDays: 1095 },
      }),
  );

describe("AccountBaseline", () => {
  const stack = baselineFor((provider) => [
    { region: "eu-west-1", replicateImagesTo: ["eu-central-1"] },
    { region: "eu-central-1", provider },
  ]);
  const providersOf = (type: string) =>
    stack
      .resources(type)
      .map(({ provider }) => provider ?? "aws")
      .sort();

  it("blocks public access to all buckets of the account", () => {
    expect(stack.one("aws_s3_account_public_access_block")).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
  });

  it("encrypts volumes, keeps snapshots private and requires IMDSv2 in each region", () => {
    for (const type of [
      "aws_ebs_encryption_by_default",
      "aws_ebs_snapshot_block_public_access",
      "aws_ec2_instance_metadata_defaults",
      "aws_ecr_registry_scanning_configuration",
    ]) {
      expect(providersOf(type)).toEqual(["aws", "aws.dr"]);
    }
    expect(stack.resources("aws_ebs_encryption_by_default").every(({ enabled }) => enabled)).toBe(true);
    for (const defaults of stack.resources("aws_ec2_instance_metadata_defaults")) {
      expect(defaults).toMatchObject({ http_tokens: "required", http_put_response_hop_limit: 1 });
    }
    for (const sharing of stack.resources("aws_ebs_snapshot_block_public_access")) {
      expect(sharing).toMatchObject({ state: "block-all-sharing" });
    }
  });

  it("replicates images with the prefix to the given regions", () => {
    const replication = stack.one("aws_ecr_replication_configuration");
    expect(replication.provider).toBeUndefined();
    expect(replication.replication_configuration).toEqual({
      rule: [
        {
          destination: [{ region: "eu-central-1", registry_id: expect.stringContaining("account_id") }],
          repository_filter: [{ filter: "notejam-", filter_type: "PREFIX_MATCH" }],
        },
      ],
    });
  });

  it("records all regions with log file validation and its own key", () => {
    const key = stack.one("aws_kms_key");
    expect(stack.one("aws_cloudtrail")).toMatchObject({
      name: "notejam-bootstrap-trail",
      is_multi_region_trail: true,
      include_global_service_events: true,
      enable_log_file_validation: true,
      kms_key_id: `\${aws_kms_key.${key.id}.arn}`,
      depends_on: [`aws_s3_bucket_policy.${stack.one("aws_s3_bucket_policy").id}`],
    });
    expect(key).toMatchObject({ enable_key_rotation: true });
  });

  it("keeps records for the given retention", () => {
    const rules = stack.one("aws_s3_bucket_lifecycle_configuration").rule;
    expect(rules).toContainEqual(expect.objectContaining({ expiration: [{ days: 1095 }] }));
  });

  it.each(["aws_s3_bucket_policy", "aws_kms_key"])("%s allows the trail of this account only", (type) => {
    const admitted = statementsOf(stack.one(type).policy).filter(({ Principal }) =>
      JSON.stringify(Principal ?? "").includes("cloudtrail.amazonaws.com"),
    );
    expect(admitted).toHaveLength(2);
    for (const { Condition } of admitted) {
      expect(Condition?.StringEquals?.["aws:SourceArn"]).toMatch(
        /:cloudtrail:eu-west-1:\$\{.*account_id\}:trail\/notejam-bootstrap-trail$/,
      );
    }
  });

  it.each<[string, readonly BaselineRegion[], RegExp]>([
    ["a copy to itself", [{ region: "eu-west-1", replicateImagesTo: ["eu-west-1"] }], /cannot be replicated/],
    [
      "a copy to a region without the account baseline",
      [{ region: "eu-west-1", replicateImagesTo: ["us-east-1"] }],
      /cannot be replicated to us-east-1/,
    ],
    ["a duplicate region", [{ region: "eu-west-1" }, { region: "eu-west-1" }], /contains a region twice/],
  ])("rejects %s", (_what, regions, message) => {
    expect(() => baselineFor(() => regions)).toThrow(message);
  });
});
