import { FlowLog } from "@cdktf/provider-aws/lib/flow-log/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import { policyDocument } from "../blocks/iam-policy.js";
import { LogGroup } from "../blocks/log-group.js";

/** How flow records are kept. */
export interface FlowLogRetention {
  /** In days; one of the values that CloudWatch accepts. */
  readonly retentionDays: number;
  /** Key that encrypts the records. */
  readonly kmsKeyArn: string;
}

export interface FlowLogsProps {
  /** Base of the log group's name. */
  readonly name: string;
  /** Base of the role's name. */
  readonly globalName: string;
  readonly account: AwsAccount;
  readonly vpcId: string;
  readonly retention: FlowLogRetention;
}

/** The shorter of the two intervals that AWS offers; with the other (600) an attack is over before its first record. */
const AGGREGATION_SECONDS = 60;

/**
 * Records of every connection in a VPC, in CloudWatch Logs.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
 */
export class FlowLogs extends Construct {
  constructor(scope: Construct, id: string, props: FlowLogsProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, "logs", { name: `/${props.name}/vpc-flow-logs`, ...props.retention });
    const role = this.addRole(props);
    const policy = this.allowWriting(role, logGroup, props.account);
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
          // Without these, another account could have its flow logs delivered through this role.
          conditions: {
            StringEquals: { "aws:SourceAccount": account.accountId },
            ArnLike: { "aws:SourceArn": account.arn("ec2", "vpc-flow-log/*") },
          },
        },
      ]),
    });
  }

  private allowWriting(role: IamRole, logGroup: LogGroup, account: AwsAccount): IamRolePolicy {
    return new IamRolePolicy(this, "policy", {
      name: "write-flow-logs",
      role: role.id,
      policy: policyDocument([
        {
          sid: "WriteRecords",
          actions: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
          resources: [logGroup.arn, `${logGroup.arn}:*`],
        },
        {
          sid: "FindTheGroup",
          // Listing cannot be narrowed to one group.
          actions: ["logs:DescribeLogGroups"],
          resources: [account.arn("logs", "log-group:*")],
        },
      ]),
    });
  }
}
