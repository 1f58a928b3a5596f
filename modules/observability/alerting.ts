import { SnsTopic, type SnsTopicConfig } from "@cdktf/provider-aws/lib/sns-topic/index.js";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy/index.js";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import { escapeTemplate } from "../core/escape-template.js";
import { type PolicyStatement, policyDocument } from "../core/iam-policy.js";
import { alertsTopicName } from "./names.js";

export interface AlertingProps {
  /** Prefix of the topic's name, unique in account and region. */
  readonly name: string;
  readonly account: AwsAccount;
  /** KMS key that encrypts messages. Its policy must allow the services that publish to the topic. */
  readonly kmsKeyArn: string;
  /** Buckets whose event notifications use the topic. @default none */
  readonly bucketArns?: readonly string[];
  /** Email addresses that subscribe. Each must confirm the subscription in a message from AWS. */
  readonly emails: readonly string[];
  /** Arguments of the topic that replace those of this construct. @default none */
  readonly overrides?: Partial<SnsTopicConfig>;
}

/** SNS topic for alarms, events and budget notifications, with email subscriptions. */
export class Alerting extends Construct {
  readonly topicArn: string;
  /** Topic policy: a dependency of services that test whether they may publish. */
  readonly policy: SnsTopicPolicy;

  constructor(scope: Construct, id: string, props: AlertingProps) {
    super(scope, id);
    const topic = new SnsTopic(this, "topic", {
      name: alertsTopicName(props.name),
      displayName: props.name,
      kmsMasterKeyId: props.kmsKeyArn,
      ...props.overrides,
    });
    this.topicArn = topic.arn;
    this.policy = new SnsTopicPolicy(this, "policy", {
      arn: topic.arn,
      policy: policyDocument([...publishers(props, topic.arn), encryptedTransport(topic.arn)]),
    });
    for (const email of props.emails)
      new SnsTopicSubscription(this, `email-${email}`, {
        topicArn: topic.arn,
        protocol: "email",
        endpoint: escapeTemplate(email),
      });
  }
}

/**
 * Returns statements that let AWS services publish, each for resources of this account with the same name prefix.
 *
 * The key policy must allow each service too. Otherwise its messages are lost without an error.
 */
function publishers({ account, name, bucketArns = [] }: AlertingProps, topicArn: string): PolicyStatement[] {
  const sources: Record<string, { readonly service: string; readonly arn: string | readonly string[] }> = {
    CloudWatch: { service: "cloudwatch.amazonaws.com", arn: account.arn("cloudwatch", `alarm:${name}-*`) },
    EventBridge: { service: "events.amazonaws.com", arn: account.arn("events", `rule/${name}-*`) },
    // All budgets of the account, because their names have another prefix.
    Budgets: { service: "budgets.amazonaws.com", arn: account.arn("budgets", "*", { region: "" }) },
    ...(bucketArns.length > 0 && { Buckets: { service: "s3.amazonaws.com", arn: bucketArns } }),
  };
  return Object.entries(sources).map(([sid, { service, arn }]) => ({
    sid,
    principals: { Service: [service] },
    actions: ["sns:Publish"],
    resources: [topicArn],
    conditions: {
      ArnLike: { "aws:SourceArn": arn },
      StringEquals: { "aws:SourceAccount": account.accountId },
    },
  }));
}

function encryptedTransport(topicArn: string): PolicyStatement {
  return {
    sid: "DenyInsecureTransport",
    effect: "Deny",
    principals: "*",
    actions: ["sns:Publish"],
    resources: [topicArn],
    conditions: { Bool: { "aws:SecureTransport": "false" } },
  };
}
