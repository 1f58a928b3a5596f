import { DataAwsKmsAlias } from "@cdktf/provider-aws/lib/data-aws-kms-alias/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";

export interface ReplicatedBackupsProps {
  readonly account: AwsAccount;
  /** Name of the replica bucket. */
  readonly bucketName: string;
  /** Alias of the replica key, with the prefix `alias/`. */
  readonly keyAlias: string;
}

/**
 * Existing backups that another region replicates to: bucket and key of a `BackupStorage` replica of the primary region. A
 * standby restores from them.
 */
export class ReplicatedBackups extends Construct {
  readonly bucketName: string;
  readonly bucketArn: string;
  readonly kmsKeyArn: string;

  constructor(scope: Construct, id: string, props: ReplicatedBackupsProps) {
    super(scope, id);
    this.bucketName = props.bucketName;
    this.bucketArn = props.account.arn("s3", props.bucketName, { region: "", account: "" });
    this.kmsKeyArn = new DataAwsKmsAlias(this, "key", { name: props.keyAlias }).targetKeyArn;
  }
}
