import { CloudwatchLogResourcePolicy } from "@cdktf/provider-aws/lib/cloudwatch-log-resource-policy/index.js";
import { Wafv2IpSet } from "@cdktf/provider-aws/lib/wafv2-ip-set/index.js";
import { Wafv2WebAcl, type Wafv2WebAclConfig } from "@cdktf/provider-aws/lib/wafv2-web-acl/index.js";
import { Wafv2WebAclAssociation } from "@cdktf/provider-aws/lib/wafv2-web-acl-association/index.js";
import { Wafv2WebAclLoggingConfiguration } from "@cdktf/provider-aws/lib/wafv2-web-acl-logging-configuration/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import { policyDocument } from "../core/iam-policy.js";
import { LogGroup } from "../core/log-group.js";
import {
  ALLOW,
  any,
  BLOCK,
  fromAddresses,
  type Rule,
  type Statement,
  type WebAclRule,
  webAclRule,
} from "./rule.js";

/** IP addresses in CIDR notation, such as `192.0.2.44/32` and `2001:db8::/32`. */
export interface Addresses {
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
}

export interface WebAclProps {
  /** Name of the web ACL and prefix of the other names, such as `notejam-dev`. */
  readonly name: string;
  /** Description of the web ACL. 1 to 256 characters. @default "Web ACL of the load balancer" */
  readonly description?: string;
  readonly account: AwsAccount;
  /** ARN of the load balancer that the web ACL protects. */
  readonly albArn: string;
  /** Initial addresses that bypass all other rules. Later changes happen outside Terraform. */
  readonly allowedAddresses: Addresses;
  /** Initial addresses that are blocked. Later changes happen outside Terraform. */
  readonly blockedAddresses: Addresses;
  /** Rules after the two address lists, in the order of their evaluation. */
  readonly rules: readonly WebAclRule[];
  /** Log group of blocked and counted requests: retention in days and KMS key. */
  readonly logs: { readonly retentionDays: number; readonly kmsKeyArn: string };
  /** Arguments of the web ACL that replace those of this construct. @default none */
  readonly overrides?: Partial<Wafv2WebAclConfig>;
}

/** Prefix that AWS requires for log groups of WAF. */
const LOG_GROUP_PREFIX = "aws-waf-logs-";

/** Headers with session data, removed from the log. */
const REDACTED_HEADERS = ["authorization", "cookie"];

/** Difference between the priorities of two rules, so that a new rule does not change the others. */
const PRIORITY_STEP = 10;

/**
 * Web ACL of an application load balancer, with an allow list, a block list, further rules and a log.
 *
 * The rules are one JSON text (`rule_json`): the provider plans it faster than nested blocks, and a plan shows its changes
 * one by one.
 */
export class WebAcl extends Construct {
  readonly arn: string;
  /** Value of the dimension `WebACL` of CloudWatch metrics. */
  readonly name: string;
  readonly logGroupName: string;

  private readonly props: WebAclProps;

  constructor(scope: Construct, id: string, props: WebAclProps) {
    super(scope, id);
    this.props = props;
    const webAcl = this.addWebAcl();
    new Wafv2WebAclAssociation(this, "association", { resourceArn: props.albArn, webAclArn: webAcl.arn });
    this.arn = webAcl.arn;
    this.name = props.name;
    this.logGroupName = this.addLogs(webAcl);
  }

  private addWebAcl(): Wafv2WebAcl {
    const { props } = this;
    const rules = [
      webAclRule("allow-list", this.addAddressList("allow", props.allowedAddresses), ALLOW),
      webAclRule("block-list", this.addAddressList("block", props.blockedAddresses), BLOCK),
      ...props.rules,
    ];
    return new Wafv2WebAcl(this, "web-acl", {
      name: props.name,
      description: props.description ?? "Web ACL of the load balancer",
      scope: "REGIONAL",
      defaultAction: { allow: {} },
      ruleJson: JSON.stringify(withPriorities(rules)),
      visibilityConfig: {
        cloudwatchMetricsEnabled: true,
        metricName: props.name,
        sampledRequestsEnabled: true,
      },
      ...props.overrides,
    });
  }

  /** Adds the IP sets of a list and returns the statement that matches them. */
  private addAddressList(list: "allow" | "block", addresses: Addresses): Statement {
    return any(
      fromAddresses(this.addIpSet(`${list}-list-ipv4`, "IPV4", addresses.ipv4)),
      fromAddresses(this.addIpSet(`${list}-list-ipv6`, "IPV6", addresses.ipv6)),
    );
  }

  private addIpSet(id: string, ipAddressVersion: "IPV4" | "IPV6", addresses: readonly string[]): string {
    return new Wafv2IpSet(this, id, {
      name: `${this.props.name}-${id}`,
      description: "Changed by operators, also in an emergency. Terraform ignores the addresses",
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
      // The access log of the load balancer contains the allowed requests.
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
      dependsOn: [this.allowLogDelivery(logGroup)],
    });
    return logGroup.name;
  }

  /** Without this policy WAF creates one for the whole account, which `terraform destroy` does not remove. */
  private allowLogDelivery(logGroup: LogGroup): CloudwatchLogResourcePolicy {
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

function withPriorities(rules: readonly WebAclRule[]): Rule[] {
  return rules.map((rule, index) => ({ ...rule, Priority: (index + 1) * PRIORITY_STEP }));
}
