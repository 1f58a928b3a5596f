import type { S3BucketConfig } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import { PrivateBucket } from "../core/private-bucket.js";
import { lokiBucketName } from "./names.js";

export interface LogStorageProps {
  /** Prefix of the bucket's name, such as `notejam-dev-eu-west-1`. */
  readonly globalName: string;
  readonly account: AwsAccount;
  readonly kmsKeyArn: string;
  /** Days until chunks expire, independent of Loki's retention. */
  readonly expireDays: number;
  /** Bucket and prefix of the server access logs. */
  readonly accessLogs: { readonly bucketName: string; readonly prefix: string };
  /** Arguments of the bucket that replace those of this construct. @default none */
  readonly overrides?: Partial<S3BucketConfig>;
}

/**
 * S3 bucket for Loki.
 *
 * Not versioned: Loki writes each chunk once and deletes it at the end of its retention. Versions would keep deleted
 * chunks.
 */
export class LogStorage extends Construct {
  readonly bucketName: string;
  readonly bucketArn: string;

  constructor(scope: Construct, id: string, props: LogStorageProps) {
    super(scope, id);
    const { account } = props;
    const bucket = new PrivateBucket(this, "bucket", {
      name: lokiBucketName(props.globalName, account.accountId),
      partition: account.partition,
      encryption: { kmsKeyArn: props.kmsKeyArn },
      versioned: false,
      lifecycleRules: [
        {
          id: "expire",
          status: "Enabled",
          filter: [{ prefix: "" }],
          expiration: [{ days: props.expireDays }],
        },
      ],
      accessLogs: props.accessLogs,
      overrides: props.overrides,
    });
    this.bucketName = bucket.name;
    this.bucketArn = bucket.arn;
  }
}
