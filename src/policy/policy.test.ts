import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic/index.js";
import { App, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KEY, TAGS } from "../../test/policy-check.js";
import { UserError } from "../user-error.js";
import { enforcePolicy, type PolicyException } from "./policy.js";

let outdir: string;

beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), "notejam-policy-"));
});

afterEach(() => rmSync(outdir, { recursive: true }));

/** Synthesizes a stack with `app.synth()` under the policy; returns the message of the policy error. */
function policyErrorOf(
  build: (stack: TerraformStack) => void,
  exceptions: readonly PolicyException[] = [],
): string | undefined {
  const app = new App({ outdir });
  const stack = new TerraformStack(app, "notejam-test");
  new AwsProvider(stack, "aws", { region: "eu-west-1", defaultTags: [{ tags: TAGS }] });
  enforcePolicy(stack, { production: true, requiredTags: Object.keys(TAGS), exceptions });
  build(stack);
  try {
    app.synth();
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

const topic = (stack: TerraformStack) => new SnsTopic(new Construct(stack, "alerts"), "topic");

const EXCEPTION: PolicyException = {
  path: "alerts/topic",
  rule: "customer-managed-key",
  because: "the service that publishes to it cannot use the key",
};

describe("enforcePolicy", () => {
  it("accepts a stack that violates no rule", () => {
    expect(policyErrorOf((stack) => new SnsTopic(stack, "topic", { kmsMasterKeyId: KEY }))).toBeUndefined();
    expect(existsSync(join(outdir, "stacks/notejam-test/cdk.tf.json"))).toBe(true);
  });

  it("lists all violations with path, rule, reason and hint, and writes nothing", () => {
    const message = policyErrorOf((stack) => {
      topic(stack);
      new CloudwatchLogGroup(stack, "logs", { kmsKeyId: KEY });
    });
    expect(message).toMatchInlineSnapshot(`
      "The stack notejam-test violates the policy.

      notejam-test
        alerts/topic (aws_sns_topic): is not encrypted with a customer managed key [customer-managed-key]
          why:     the key policy of a customer managed key controls who can read the data, and CloudTrail logs each use
          fix:     pass the ARN of the key for this use (modules/kms)
        logs (aws_cloudwatch_log_group): has no retention [log-retention]
          why:     a log group without retention never deletes personal data, and its cost grows without limit
          fix:     create it with LogGroup of modules/core, or set retentionInDays to logRetentionDays of the environment"
    `);
    expect(existsSync(join(outdir, "stacks/notejam-test"))).toBe(false);
  });

  it("checks constructs that are added after the policy, also by other constructs", () => {
    expect(policyErrorOf(topic)).toMatch(/^ {2}alerts\/topic \(aws_sns_topic\)/m);
  });

  it("allows an exception for one construct and one rule", () => {
    expect(policyErrorOf(topic, [EXCEPTION])).toBeUndefined();
  });

  it.each([
    ["of another construct", { ...EXCEPTION, path: "alerts" }],
    ["of another rule", { ...EXCEPTION, rule: "log-retention" }],
  ] as const)("rejects the construct and an exception %s", (_what, exception) => {
    const message = policyErrorOf(topic, [exception]);
    expect(message).toMatch(/alerts\/topic \(aws_sns_topic\): is not encrypted/);
    expect(message).toMatch(
      new RegExp(`exception from ${exception.rule} for ${exception.path}: matches no construct`),
    );
  });

  it("rejects an exception without a reason", () => {
    expect(policyErrorOf(topic, [{ ...EXCEPTION, because: "legacy" }])).toMatch(
      /has no reason of at least 20 characters/,
    );
  });

  it("applies also when cdktf ignores errors by annotation", () => {
    process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS = "true";
    try {
      expect(policyErrorOf(topic)).toBeDefined();
    } finally {
      delete process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS;
    }
  });
});
