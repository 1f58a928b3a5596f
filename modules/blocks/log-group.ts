import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";

export interface LogGroupProps {
  /** The group's full name. Several AWS services demand a prefix, such as `aws-waf-logs-`. */
  readonly name: string;
  /** How long events are kept, in days; one of the values CloudWatch accepts (1, 3, 5, 7, 14, 30, 60, 90, … 3653). */
  readonly retentionDays: number;
  /** Key that encrypts the events; its policy must admit the CloudWatch Logs service of the region. */
  readonly kmsKeyArn: string;
  /** @default the stack's default AWS provider */
  readonly provider?: TerraformProvider;
}

/**
 * A CloudWatch log group that always has a retention and a key.
 *
 * Make it before the service that writes to it: a service that finds no group creates one by itself, which keeps
 * everything for ever, unencrypted by our key, and which Terraform then cannot create.
 */
export class LogGroup extends Construct {
  readonly name: string;
  readonly arn: string;
  /** For `dependsOn` of the service that writes here. */
  readonly resource: CloudwatchLogGroup;

  constructor(scope: Construct, id: string, props: LogGroupProps) {
    super(scope, id);
    this.resource = new CloudwatchLogGroup(this, "group", {
      provider: props.provider,
      name: props.name,
      retentionInDays: props.retentionDays,
      kmsKeyId: props.kmsKeyArn,
    });
    // The name as given, not the resource's attribute: it is known at plan, the attribute only after the first apply.
    this.name = props.name;
    this.arn = this.resource.arn;
  }
}
