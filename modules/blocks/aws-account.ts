import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity/index.js";
import { DataAwsPartition } from "@cdktf/provider-aws/lib/data-aws-partition/index.js";
import { Construct } from "constructs";

export interface AwsAccountProps {
  /** The region that the stack's default provider works in, such as `eu-west-1`. */
  readonly region: string;
}

/**
 * The account that a plan runs in: what no environment file should have to say.
 *
 * The account id and the partition are read from AWS (tokens at synth), so the same code works in every account and
 * in the `aws`, `aws-cn` and `aws-us-gov` partitions.
 */
export class AwsAccount extends Construct {
  /** The twelve digits, known at plan. */
  readonly accountId: string;
  /** `aws`, `aws-cn` or `aws-us-gov`, known at plan. */
  readonly partition: string;
  /** `amazonaws.com` or `amazonaws.com.cn`, known at plan. */
  readonly dnsSuffix: string;
  readonly region: string;

  constructor(scope: Construct, id: string, props: AwsAccountProps) {
    super(scope, id);
    this.region = props.region;
    this.accountId = new DataAwsCallerIdentity(this, "identity").accountId;
    const partition = new DataAwsPartition(this, "partition");
    this.partition = partition.partition;
    this.dnsSuffix = partition.dnsSuffix;
  }

  /**
   * The ARN of something in this account.
   *
   * @param service - such as `eks` or `iam`
   * @param resource - such as `cluster/notejam-dev`
   * @param where - `region` and `account` default to this account's; pass `""` where the ARN leaves them empty
   */
  arn(
    service: string,
    resource: string,
    where: { readonly region?: string; readonly account?: string } = {},
  ): string {
    const { region = this.region, account = this.accountId } = where;
    return `arn:${this.partition}:${service}:${region}:${account}:${resource}`;
  }

  /** The ARN of an IAM role of this account (IAM has no region). */
  roleArn(roleName: string): string {
    return this.arn("iam", `role/${roleName}`, { region: "" });
  }
}
