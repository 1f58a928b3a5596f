import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity/index.js";
import { DataAwsPartition } from "@cdktf/provider-aws/lib/data-aws-partition/index.js";
import { Construct } from "constructs";

export interface AwsAccountProps {
  /** Region of the stack's default provider, such as `eu-west-1`. */
  readonly region: string;
}

/**
 * AWS account of the provider: id, partition and DNS suffix, read by data sources (tokens at synthesis). The same code
 * works in every account and in the partitions `aws`, `aws-cn` and `aws-us-gov`.
 */
export class AwsAccount extends Construct {
  /** Twelve digits, known at plan. */
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
   * Returns the ARN of a resource in this account.
   *
   * @param service such as `eks` or `iam`
   * @param resource such as `cluster/notejam-dev`
   * @param where other region or account. Pass `""` for a part that is empty in the ARN
   */
  arn(
    service: string,
    resource: string,
    where: { readonly region?: string; readonly account?: string } = {},
  ): string {
    const { region = this.region, account = this.accountId } = where;
    return `arn:${this.partition}:${service}:${region}:${account}:${resource}`;
  }

  /** Returns the ARN of an IAM role in this account. */
  roleArn(roleName: string): string {
    return this.arn("iam", `role/${roleName}`, { region: "" });
  }
}
