import { S3BucketNotification } from "@cdktf/provider-aws/lib/s3-bucket-notification/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

export interface ReplicationAlarmProps {
  /** Source bucket of a replication rule with Replication Time Control. */
  readonly bucketName: string;
  readonly topicArn: string;
  /** Policy of the topic. S3 sends a test message and rejects a topic that does not allow it. */
  readonly topicPolicy: ITerraformDependable;
}

/**
 * S3 event notification for objects that were not replicated in time, or whose replication S3 does not track.
 *
 * A notification instead of a CloudWatch alarm, because S3 publishes the replication latency in the destination region,
 * and a CloudWatch alarm can use only metrics of the same region.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html
 */
export class ReplicationAlarm extends Construct {
  constructor(scope: Construct, id: string, { bucketName, topicArn, topicPolicy }: ReplicationAlarmProps) {
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
