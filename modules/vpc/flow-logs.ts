import { FlowLog } from "@cdktf/provider-aws/lib/flow-log/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import { policyDocument } from "../core/iam-policy.js";
import { LogGroup } from "../core/log-group.js";

/** Retention and encryption of flow records. */
export interface FlowLogRetention {
  /** Retention in days: a value that CloudWatch accepts. */
  readonly retentionDays: number;
  /** KMS key that encrypts the records. */
  readonly kmsKeyArn: string;
}

export interface FlowLogsProps {
  /** Part of the log group's name: `/<name>/vpc-flow-logs`. */
  readonly name: string;
  /** Prefix of the IAM role's name. */
  readonly globalName: string;
  readonly account: AwsAccount;
  readonly vpcId: string;
  readonly retention: FlowLogRetention;
}

/** Shorter of the two intervals that AWS offers, so that records of an attack appear during it. */
const AGGREGATION_SECONDS = 60;

/**
 * VPC flow logs of all traffic in CloudWatch Logs.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
 */
export class FlowLogs extends Construct {
  constructor(scope: Construct, id: string, props: FlowLogsProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, "logs", { name: `/${props.name}/vpc-flow-logs`, ...props.retention });
    const role = this.addRole(props);
    const policy = this.allowLogEvents(role, logGroup, props.account);
    new FlowLog(this, "flow-log", {
      vpcId: props.vpcId,
      trafficType: "ALL",
      logDestinationType: "cloud-watch-logs",
      logDestination: logGroup.arn,
      iamRoleArn: role.arn,
      maxAggregationInterval: AGGREGATION_SECONDS,
      tags: { Name: props.name },
      dependsOn: [policy],
    });
  }

  private addRole({ globalName, account }: FlowLogsProps): IamRole {
    return new IamRole(this, "role", {
      name: `${globalName}-flow-logs`,
      description: "Lets VPC flow logs write to CloudWatch Logs",
      assumeRolePolicy: policyDocument([
        {
          principals: { Service: ["vpc-flow-logs.amazonaws.com"] },
          actions: ["sts:AssumeRole"],
          // Prevents the confused deputy: other accounts cannot deliver flow logs through this role.
          conditions: {
            StringEquals: { "aws:SourceAccount": account.accountId },
            ArnLike: { "aws:SourceArn": account.arn("ec2", "vpc-flow-log/*") },
          },
        },
      ]),
    });
  }

  private allowLogEvents(role: IamRole, logGroup: LogGroup, account: AwsAccount): IamRolePolicy {
    return new IamRolePolicy(this, "policy", {
      name: "write-flow-logs",
      role: role.id,
      policy: policyDocument([
        {
          sid: "WriteLogEvents",
          actions: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
          resources: [logGroup.arn, `${logGroup.arn}:*`],
        },
        {
          sid: "DescribeLogGroups",
          // This action does not support single log groups.
          actions: ["logs:DescribeLogGroups"],
          resources: [account.arn("logs", "log-group:*")],
        },
      ]),
    });
  }
}
