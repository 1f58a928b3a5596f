import { describe, expect, it } from "vitest";
import { statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../core/aws-account.js";
import { EncryptionKeys, type EncryptionKeysProps } from "./encryption-keys.js";

const keysWith = (changes: Partial<EncryptionKeysProps> = {}, region = "eu-west-1") =>
  synthesize(
    (scope, providers) =>
      new EncryptionKeys(scope, "kms", {
        name: "prod",
        account: new AwsAccount(scope, "account", { region }),
        deletionWindowDays: 30,
        replicaProvider: providers.replica,
        ...changes,
      }),
  );

describe("EncryptionKeys", () => {
  const stack = keysWith();
  const policyOf = (use: string) => statementsOf(stack.one("aws_kms_key", new RegExp(`_${use}_key_`)).policy);

  it("has one key per purpose, each with an alias", () => {
    const aliases = stack.resources("aws_kms_alias").map((alias) => String(alias.name));
    expect(aliases.filter((name) => !name.endsWith("-replica")).sort()).toEqual(
      ["alerts", "ebs", "ecr", "eks", "logs", "rds", "s3", "secrets"].map((use) => `alias/${use}-cmk-prod`),
    );
  });

  it("rotates all keys yearly by default", () => {
    for (const key of stack.resources("aws_kms_key")) {
      expect(key).toMatchObject({ enable_key_rotation: true, rotation_period_in_days: 365 });
    }
    expect(keysWith({ rotationDays: 90 }).resources("aws_kms_key")[0]).toMatchObject({
      rotation_period_in_days: 90,
    });
  });

  it("replicates keys for data of the DR region", () => {
    const replicas = stack.resources("aws_kms_replica_key");
    expect(replicas.map((replica) => replica.id.split("_")[1])).toEqual(["ecr", "rds", "s3", "secrets"]);
    expect(replicas.every((replica) => replica.provider === "aws.dr")).toBe(true);
    const aliases = stack.resources("aws_kms_alias").filter((alias) => alias.provider === "aws.dr");
    expect(aliases.map((alias) => alias.name).sort()).toEqual(
      ["ecr", "rds", "s3", "secrets"].map((use) => `alias/${use}-cmk-prod-replica`),
    );
  });

  it("makes only replicated keys multi-Region keys", () => {
    const leaving = stack.resources("aws_kms_key").filter((key) => key.multi_region);
    expect(leaving.map((key) => key.id.split("_")[1])).toEqual(["ecr", "rds", "s3", "secrets"]);
  });

  it.each(["rds", "eks", "s3", "ecr", "secrets"])("%s allows no principals except the account", (use) => {
    const [account, ...others] = policyOf(use);
    expect(others).toEqual([]);
    expect(JSON.stringify(account?.Principal)).toMatch(/:iam::.*:root"/);
  });

  it("allows CloudWatch Logs of the region, for log groups of the account only", () => {
    const statement = policyOf("logs").find(({ Sid }) => Sid === "CloudWatchLogs");
    expect(JSON.stringify(statement?.Principal)).toMatch(
      /"logs\.eu-west-1\.\$\{data\.aws_partition[^}]*dns_suffix\}"/,
    );
    expect(statement?.Condition?.ArnLike?.["kms:EncryptionContext:aws:logs:arn"]).toMatch(
      /^arn:\$\{.*partition\}:logs:eu-west-1:\$\{.*account_id\}:log-group:\*$/,
    );
  });

  it("allows only the role of Auto Scaling to use the key of volumes", () => {
    const statements = policyOf("ebs").filter(({ Sid }) => Sid !== "EnableIamPolicies");
    expect(statements).toHaveLength(2);
    for (const { Condition } of statements) {
      expect(Condition?.ArnEquals?.["aws:PrincipalArn"]).toMatch(
        /:role\/aws-service-role\/autoscaling\.amazonaws\.com\/AWSServiceRoleForAutoScaling$/,
      );
      expect(Condition?.StringEquals?.["kms:CallerAccount"]).toMatch(/account_id/);
    }
    const grant = statements.find(({ Action }) => Action?.includes("kms:CreateGrant"));
    expect(grant?.Condition?.Bool).toEqual({ "kms:GrantIsForAWSResource": "true" });
  });

  it("allows the sources of alarms, EventBridge and S3 without a source condition", () => {
    const bySid = Object.fromEntries(policyOf("alerts").map((statement) => [statement.Sid, statement]));
    expect(bySid.AllowCloudWatchAndBudgets?.Principal).toEqual({
      Service: ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"],
    });
    expect(bySid.AllowCloudWatchAndBudgets?.Condition?.StringEquals?.["aws:SourceAccount"]).toMatch(
      /account_id/,
    );
    expect(bySid.AllowEventBridgeAndS3?.Principal).toEqual({
      Service: ["events.amazonaws.com", "s3.amazonaws.com"],
    });
    expect(bySid.AllowEventBridgeAndS3).not.toHaveProperty("Condition");
  });

  it.each([
    [{ deletionWindowDays: 6 }, /deletionWindowDays is 6.*7 to 30/],
    [{ deletionWindowDays: 31 }, /deletionWindowDays is 31/],
    [{ rotationDays: 30 }, /rotationDays is 30.*90 to 2560/],
  ])("rejects %o", (changes, message) => {
    expect(() => keysWith(changes)).toThrow(message);
  });
});
