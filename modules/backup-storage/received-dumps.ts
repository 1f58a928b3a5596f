import { DataAwsKmsAlias } from "@cdktf/provider-aws/lib/data-aws-kms-alias/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";

export interface ReceivedDumpsProps {
  readonly account: AwsAccount;
  /** Name of the replica bucket in this region. */
  readonly bucketName: string;
  /** Alias of the replica key in this region, with the prefix `alias/`. */
  readonly keyAlias: string;
}

/**
 * The dumps that another region has sent here, for three years of notes to be got back from while that region does not
 * answer. Bucket and key were made with the first copy (`BackupStorage`'s replica) and are only named here.
 */
export class ReceivedDumps extends Construct {
  readonly bucketName: string;
  readonly bucketArn: string;
  readonly kmsKeyArn: string;

  constructor(scope: Construct, id: string, props: ReceivedDumpsProps) {
    super(scope, id);
    this.bucketName = props.bucketName;
    this.bucketArn = props.account.arn("s3", props.bucketName, { region: "", account: "" });
    this.kmsKeyArn = new DataAwsKmsAlias(this, "key", { name: props.keyAlias }).targetKeyArn;
  }
}
