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
import { enforcePolicy, type PolicyException } from "./policy.js";
import { PolicyError } from "./refusal.js";

let outdir: string;

beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), "notejam-policy-"));
});

afterEach(() => rmSync(outdir, { recursive: true }));

/** Synthesizes a stack under the policy by the real `app.synth()`; the error's message, if it is refused. */
function refusalOf(
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
    if (error instanceof PolicyError) return error.message;
    throw error;
  }
}

const topic = (stack: TerraformStack) => new SnsTopic(new Construct(stack, "alerts"), "topic");

const EXCEPTION: PolicyException = {
  path: "alerts/topic",
  rule: "our-key",
  because: "the service that publishes to it cannot use our key",
};

describe("enforcePolicy", () => {
  it("lets a stack pass that breaks no rule", () => {
    expect(refusalOf((stack) => new SnsTopic(stack, "topic", { kmsMasterKeyId: KEY }))).toBeUndefined();
    expect(existsSync(join(outdir, "stacks/notejam-test/cdk.tf.json"))).toBe(true);
  });

  it("tells all refusals of a stack together, each with path, rule, reason and remedy, and writes nothing", () => {
    const message = refusalOf((stack) => {
      topic(stack);
      new CloudwatchLogGroup(stack, "logs", { kmsKeyId: KEY });
    });
    expect(message).toMatchInlineSnapshot(`
      "The policy refuses the stack notejam-test, for 2 reasons:

      notejam-test/alerts/topic (aws_sns_topic) is not encrypted by our key
          rule:   our-key
          why:    with a key of our own we decide who reads the data, see every use of the key, and can end all reading at once
          remedy: pass the ARN of the key for this use (modules/kms)

      notejam-test/logs (aws_cloudwatch_log_group) has no retention
          rule:   log-retention
          why:    a log group without retention keeps everything for ever, at a growing price and against the promise to delete
          remedy: set retentionInDays (the environment's logRetentionDays), best by the construct LogGroup of modules/blocks"
    `);
    expect(existsSync(join(outdir, "stacks/notejam-test"))).toBe(false);
  });

  it("sees what is added to the stack after the policy, and what another construct brings along", () => {
    expect(refusalOf(topic)).toMatch(/^notejam-test\/alerts\/topic \(aws_sns_topic\)/m);
  });

  it("lets an excepted construct break the one rule", () => {
    expect(refusalOf(topic, [EXCEPTION])).toBeUndefined();
  });

  it.each([
    ["of another construct", { ...EXCEPTION, path: "alerts" }],
    ["of another rule", { ...EXCEPTION, rule: "log-retention" }],
  ] as const)("refuses all the same under an exception %s, and the exception too", (_what, exception) => {
    const message = refusalOf(topic, [exception]);
    expect(message).toMatch(/for 2 reasons/);
    expect(message).toMatch(/notejam-test\/alerts\/topic \(aws_sns_topic\) is not encrypted by our key/);
    expect(message).toMatch(
      new RegExp(`The exception for ${exception.path} matches nothing that breaks the rule`),
    );
  });

  it("refuses an exception without a reason", () => {
    expect(refusalOf(topic, [{ ...EXCEPTION, because: "legacy" }])).toMatch(
      /gives no reason of 20 characters/,
    );
  });

  it("refuses also when errors by annotation are ignored", () => {
    process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS = "true";
    try {
      expect(refusalOf(topic)).toBeDefined();
    } finally {
      delete process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS;
    }
  });
});
