import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import { PrivateBucket } from "../blocks/private-bucket.js";
import { lokiBucketName } from "./names.js";

export interface LogStorageProps {
  /** Base of the bucket's name, with environment and region, such as `notejam-dev-eu-west-1`. */
  readonly globalName: string;
  readonly account: AwsAccount;
  readonly kmsKeyArn: string;
  /** Days after which a chunk of logs is deleted, whatever Loki's own retention says. */
  readonly expireDays: number;
  /** Bucket for the records of who read or wrote, and the prefix there. */
  readonly accessLogs: { readonly bucketName: string; readonly prefix: string };
}

/**
 * The bucket in which Loki keeps the cluster's logs.
 *
 * Unversioned: Loki writes each chunk once and deletes it when its retention ends; versions would keep, and cost,
 * what was meant to go.
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
    });
    this.bucketName = bucket.name;
    this.bucketArn = bucket.arn;
  }
}
