import { CloudwatchLogResourcePolicy } from "@cdktf/provider-aws/lib/cloudwatch-log-resource-policy/index.js";
import { Wafv2IpSet } from "@cdktf/provider-aws/lib/wafv2-ip-set/index.js";
import { Wafv2WebAcl } from "@cdktf/provider-aws/lib/wafv2-web-acl/index.js";
import { Wafv2WebAclAssociation } from "@cdktf/provider-aws/lib/wafv2-web-acl-association/index.js";
import { Wafv2WebAclLoggingConfiguration } from "@cdktf/provider-aws/lib/wafv2-web-acl-logging-configuration/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import { policyDocument } from "../blocks/iam-policy.js";
import { LogGroup } from "../blocks/log-group.js";
import { MANAGED_RULE_GROUPS } from "./managed-rule-groups.js";
import { notejamRules } from "./notejam-rules.js";

/** Addresses in CIDR notation, such as `192.0.2.44/32` and `2001:db8::/32`. */
export interface Addresses {
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
}

export interface WebAclProps {
  /** Base of the names, such as `notejam-dev`. */
  readonly name: string;
  readonly account: AwsAccount;
  /** The load balancer that is protected. */
  readonly albArn: string;
  /** Never checked by any rule. What the list starts with; from then on people keep it. */
  readonly allowedAddresses: Addresses;
  /** Turned away at once. What the list starts with; from then on people keep it. */
  readonly blockedAddresses: Addresses;
  /** Requests that one address may send in five minutes, 10 to 2,000,000,000. */
  readonly floodLimit: number;
  /** Sign-ins, sign-ups and forgotten passwords that one address may post in five minutes, 10 to 2,000,000,000. */
  readonly signInLimit: number;
  /** How blocked and counted requests are kept. */
  readonly logs: { readonly retentionDays: number; readonly kmsKeyArn: string };
  /** Managed groups, by AWS's names, that are watched before they may block. @default none */
  readonly countOnly?: readonly string[];
}

/** AWS demands the prefix of every destination of WAF logs. */
const LOG_GROUP_PREFIX = "aws-waf-logs-";
const SMALLEST_LIMIT = 10;
const LARGEST_LIMIT = 2_000_000_000;
/** They hold what identifies a session. */
const REDACTED_HEADERS = ["authorization", "cookie"];

/**
 * The firewall before the load balancer: address lists, flood limits, managed rules, injection and size.
 *
 * The rules are in `notejam-rules.ts`. They go to AWS as one JSON text, which the provider reads, plans and compares much
 * faster than nested blocks, and whose changes a plan shows one by one (docs/decisions/0006-waf-rules-as-json.md).
 */
export class WebAcl extends Construct {
  readonly arn: string;
  /** The name that CloudWatch metrics carry as `WebACL`. */
  readonly name: string;
  readonly logGroupName: string;

  private readonly props: WebAclProps;

  constructor(scope: Construct, id: string, props: WebAclProps) {
    super(scope, id);
    this.props = props;
    this.checkProps();
    const webAcl = this.addWebAcl();
    new Wafv2WebAclAssociation(this, "association", { resourceArn: props.albArn, webAclArn: webAcl.arn });
    this.arn = webAcl.arn;
    this.name = props.name;
    this.logGroupName = this.addLogs(webAcl);
  }

  private checkProps(): void {
    for (const field of ["floodLimit", "signInLimit"] as const) {
      const limit = this.props[field];
      if (!Number.isInteger(limit) || limit < SMALLEST_LIMIT || limit > LARGEST_LIMIT) {
        throw new Error(
          `${this.node.path}: ${field} is ${limit}; AWS WAF takes whole numbers from ${SMALLEST_LIMIT} to ${LARGEST_LIMIT}.`,
        );
      }
    }
    for (const group of this.props.countOnly ?? []) {
      if (!MANAGED_RULE_GROUPS.some((name) => name === group)) {
        throw new Error(
          `${this.node.path}: countOnly names "${group}", which is none of the managed groups in use: ${MANAGED_RULE_GROUPS.join(", ")}.`,
        );
      }
    }
  }

  private addWebAcl(): Wafv2WebAcl {
    const { props } = this;
    const rules = notejamRules({
      allowed: this.addIpSets("allow", props.allowedAddresses),
      blocked: this.addIpSets("block", props.blockedAddresses),
      floodLimit: props.floodLimit,
      signInLimit: props.signInLimit,
      countOnly: props.countOnly ?? [],
    });
    return new Wafv2WebAcl(this, "web-acl", {
      name: props.name,
      description: "Notejam behind the public load balancer",
      scope: "REGIONAL",
      defaultAction: { allow: {} },
      ruleJson: JSON.stringify(rules),
      visibilityConfig: {
        cloudwatchMetricsEnabled: true,
        metricName: props.name,
        sampledRequestsEnabled: true,
      },
    });
  }

  private addIpSets(list: "allow" | "block", addresses: Addresses): [ipv4: string, ipv6: string] {
    return [
      this.addIpSet(`${list}-list-ipv4`, "IPV4", addresses.ipv4),
      this.addIpSet(`${list}-list-ipv6`, "IPV6", addresses.ipv6),
    ];
  }

  private addIpSet(id: string, ipAddressVersion: "IPV4" | "IPV6", addresses: readonly string[]): string {
    return new Wafv2IpSet(this, id, {
      name: `${this.props.name}-${id}`,
      description: "Kept by people, in an emergency too; Terraform leaves the addresses alone",
      scope: "REGIONAL",
      ipAddressVersion,
      addresses: [...addresses],
      lifecycle: { ignoreChanges: ["addresses"] },
    }).arn;
  }

  private addLogs(webAcl: Wafv2WebAcl): string {
    const { name, logs } = this.props;
    const logGroup = new LogGroup(this, "logs", { name: `${LOG_GROUP_PREFIX}${name}`, ...logs });
    new Wafv2WebAclLoggingConfiguration(this, "logging", {
      resourceArn: webAcl.arn,
      logDestinationConfigs: [logGroup.arn],
      redactedFields: REDACTED_HEADERS.map((header) => ({ singleHeader: { name: header } })),
      // Every allowed request is in the load balancer's access log already.
      loggingFilter: {
        defaultBehavior: "DROP",
        filter: [
          {
            behavior: "KEEP",
            requirement: "MEETS_ANY",
            condition: ["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"].map((action) => ({
              actionCondition: { action },
            })),
          },
        ],
      },
      dependsOn: [this.admitLogDelivery(logGroup)],
    });
    return logGroup.name;
  }

  /** Without it WAF writes a policy of its own for the whole account, which no destroy removes. */
  private admitLogDelivery(logGroup: LogGroup): CloudwatchLogResourcePolicy {
    const { account, name } = this.props;
    return new CloudwatchLogResourcePolicy(this, "log-delivery", {
      policyName: `${LOG_GROUP_PREFIX}${name}`,
      policyDocument: policyDocument([
        {
          sid: "WafLogs",
          principals: { Service: ["delivery.logs.amazonaws.com"] },
          actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
          resources: [`${logGroup.arn}:*`],
          conditions: {
            StringEquals: { "aws:SourceAccount": account.accountId },
            ArnLike: { "aws:SourceArn": account.arn("logs", "*") },
          },
        },
      ]),
    });
  }
}
