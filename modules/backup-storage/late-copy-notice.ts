import { S3BucketNotification } from "@cdktf/provider-aws/lib/s3-bucket-notification/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

export interface LateCopyNoticeProps {
  /** Bucket whose replication rule has a time control. */
  readonly bucketName: string;
  readonly topicArn: string;
  /** The topic's policy: S3 sends a trial message and refuses a topic that does not admit it. */
  readonly topicPolicy: ITerraformDependable;
}

/**
 * Says when an object has not been copied within the time that the replication rule promises, or nobody knows whether
 * it was.
 *
 * An event and no alarm, because S3 publishes the latency of copies in the region of the copies only, and an alarm sees
 * nothing but its own region.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html
 */
export class LateCopyNotice extends Construct {
  constructor(scope: Construct, id: string, { bucketName, topicArn, topicPolicy }: LateCopyNoticeProps) {
    super(scope, id);
    new S3BucketNotification(this, "notification", {
      bucket: bucketName,
      topic: [
        {
          id: "late-copies",
          topicArn,
          events: ["s3:Replication:OperationMissedThreshold", "s3:Replication:OperationNotTracked"],
        },
      ],
      dependsOn: [topicPolicy],
    });
  }
}
