import {
  CloudwatchLogGroup,
  type CloudwatchLogGroupConfig,
} from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";

export interface LogGroupProps {
  /** Full name. Several AWS services require a prefix, such as `aws-waf-logs-`. */
  readonly name: string;
  /** Retention of events in days: a value that CloudWatch accepts (1, 3, 5, 7, 14, 30, 60, 90, … 3653). */
  readonly retentionDays: number;
  /** KMS key that encrypts the events. Its policy must allow CloudWatch Logs of the region. */
  readonly kmsKeyArn: string;
  /** AWS provider. @default the stack's default AWS provider */
  readonly provider?: TerraformProvider;
  /** Arguments of the log group that replace those of this construct. @default none */
  readonly overrides?: Partial<CloudwatchLogGroupConfig>;
}

/**
 * CloudWatch log group with a retention and a customer managed key.
 *
 * Create it before the service that writes to it. Otherwise the service creates a group without retention and key, and
 * Terraform cannot create its own.
 */
export class LogGroup extends Construct {
  readonly name: string;
  readonly arn: string;
  /** Dependency of the service that writes to the group. */
  readonly resource: CloudwatchLogGroup;

  constructor(scope: Construct, id: string, props: LogGroupProps) {
    super(scope, id);
    this.resource = new CloudwatchLogGroup(this, "group", {
      provider: props.provider,
      name: props.name,
      retentionInDays: props.retentionDays,
      kmsKeyId: props.kmsKeyArn,
      ...props.overrides,
    });
    // The property, because it is known at plan. The attribute is known after the first apply.
    this.name = props.name;
    this.arn = this.resource.arn;
  }
}
