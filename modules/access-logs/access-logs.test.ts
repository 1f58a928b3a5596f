import { describe, expect, it } from "vitest";
import { statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../core/aws-account.js";
import { AccessLogs } from "./access-logs.js";

describe("AccessLogs", () => {
  let logs: AccessLogs | undefined;
  const stack = synthesize((scope) => {
    const account = new AwsAccount(scope, "account", { region: "eu-west-1" });
    logs = new AccessLogs(scope, "access-logs", { name: "notejam-dev-eu-west-1", account, expireDays: 365 });
  });
  const statements = statementsOf(stack.one("aws_s3_bucket_policy").policy);
  const statement = (sid: string) => statements.find(({ Sid }) => Sid === sid);
  const tokenless = (text: unknown) => String(text).replace(/\$\{data\.aws_(\w+?)\.[^}]*\}/g, "<$1>");

  it("has a name with environment, region and account", () => {
    expect(tokenless(stack.one("aws_s3_bucket").bucket)).toBe(
      "notejam-dev-eu-west-1-access-logs-<caller_identity>",
    );
  });

  it("allows load balancer logs of this account and region only, below their prefix", () => {
    const allowed = statement("LoadBalancerLogs");
    expect(allowed).toMatchObject({
      Effect: "Allow",
      Principal: { Service: ["logdelivery.elasticloadbalancing.amazonaws.com"] },
      Action: ["s3:PutObject"],
    });
    expect(allowed?.Resource?.map(tokenless)).toEqual([
      "arn:<partition>:s3:::notejam-dev-eu-west-1-access-logs-<caller_identity>/alb/AWSLogs/<caller_identity>/*",
    ]);
    expect(tokenless(allowed?.Condition?.ArnLikeIfExists?.["aws:SourceArn"])).toBe(
      "arn:<partition>:elasticloadbalancing:eu-west-1:<caller_identity>:loadbalancer/*",
    );
    expect(allowed?.Condition?.StringEqualsIfExists).toHaveProperty(["aws:SourceAccount"]);
  });

  it("allows logs of this account's buckets, below their prefix", () => {
    const allowed = statement("BucketLogs");
    expect(allowed).toMatchObject({
      Principal: { Service: ["logging.s3.amazonaws.com"] },
      Action: ["s3:PutObject"],
    });
    expect(allowed?.Resource?.map(tokenless)[0]).toMatch(/\/s3\/\*$/);
    expect(tokenless(allowed?.Condition?.StringEquals?.["aws:SourceAccount"])).toBe("<caller_identity>");
  });

  it("expires logs after the given number of days", () => {
    const rules = stack.one("aws_s3_bucket_lifecycle_configuration").rule as Record<string, unknown>[];
    expect(rules[0]).toMatchObject({
      expiration: [{ days: 365 }],
      noncurrent_version_expiration: [{ noncurrent_days: 30 }],
    });
  });

  it("is encrypted with SSE-S3, because the deliveries support no customer managed keys", () => {
    expect(stack.one("aws_s3_bucket_server_side_encryption_configuration").rule).toMatchObject([
      { apply_server_side_encryption_by_default: { sse_algorithm: "AES256" } },
    ]);
  });

  it("returns a bucket name that depends on the policy", () => {
    const user = synthesize((scope) => {
      const account = new AwsAccount(scope, "account", { region: "eu-west-1" });
      const target = new AccessLogs(scope, "logs", { name: "n", account, expireDays: 1 });
      new AccessLogs(scope, "user", { name: target.forBucket("backup").bucketName, account, expireDays: 1 });
    });
    expect(user.one("aws_s3_bucket", /user/).bucket).toMatch(/^\$\{aws_s3_bucket_policy\.logs_/);
    expect(logs?.forBucket("backup").prefix).toBe("s3/backup/");
    expect(logs?.albPrefix).toBe("alb");
  });

  it("can be in another region", () => {
    const elsewhere = synthesize((scope, { replica }) => {
      const account = new AwsAccount(scope, "account", { region: "eu-west-1" });
      new AccessLogs(scope, "logs", {
        name: "notejam-dev-eu-central-1",
        account,
        expireDays: 1,
        region: "eu-central-1",
        provider: replica,
      });
    });
    expect(elsewhere.one("aws_s3_bucket").provider).toBe("aws.dr");
    expect(String(elsewhere.one("aws_s3_bucket_policy").policy)).toContain(
      "elasticloadbalancing:eu-central-1",
    );
  });
});
