import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic/index.js";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy/index.js";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import { escapeTemplate } from "../blocks/escape-template.js";
import { type PolicyStatement, policyDocument } from "../blocks/iam-policy.js";
import { alertsTopicName } from "./names.js";

export interface AlertingProps {
  /** Base of the topic's name, unique in account and region. */
  readonly name: string;
  readonly account: AwsAccount;
  /** Key that encrypts messages; its policy must admit the services that publish here. */
  readonly kmsKeyArn: string;
  /** Buckets whose events are announced here. @default none */
  readonly bucketArns?: readonly string[];
  /** Who is told. Each address has to confirm a message from AWS before it hears anything else. */
  readonly emails: readonly string[];
}

/**
 * Where everything that needs a person is announced.
 *
 * A topic, so that a pager or a chat can be subscribed beside the addresses without touching an alarm.
 */
export class Alerting extends Construct {
  readonly topicArn: string;
  /** What admits the services that publish: for `dependsOn` of those that try it. */
  readonly policy: SnsTopicPolicy;

  constructor(scope: Construct, id: string, props: AlertingProps) {
    super(scope, id);
    const topic = new SnsTopic(this, "topic", {
      name: alertsTopicName(props.name),
      displayName: props.name,
      kmsMasterKeyId: props.kmsKeyArn,
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
 * The AWS services that publish by themselves, each only for what carries our name in this account.
 *
 * Whoever joins them has to be admitted by the key's policy too, or its messages vanish without an error.
 */
function publishers({ account, name, bucketArns = [] }: AlertingProps, topicArn: string): PolicyStatement[] {
  const sources: Record<string, { readonly service: string; readonly arn: string | readonly string[] }> = {
    CloudWatch: { service: "cloudwatch.amazonaws.com", arn: account.arn("cloudwatch", `alarm:${name}-*`) },
    EventBridge: { service: "events.amazonaws.com", arn: account.arn("events", `rule/${name}-*`) },
    // Budgets are named by environment and region and have none themselves: any of the account's.
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
    sid: "OnlyOverTls",
    effect: "Deny",
    principals: "*",
    actions: ["sns:Publish"],
    resources: [topicArn],
    conditions: { Bool: { "aws:SecureTransport": "false" } },
  };
}
