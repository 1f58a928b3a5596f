import type { PolicyStatement } from "../../core/iam-policy.js";
import { useKeyForBucket } from "./bucket-key.js";

/** Returns the permissions to store Loki's chunks and index in one bucket. Loki deletes what its retention expires. */
export function lokiStorage(bucketArn: string, keyArn: string): PolicyStatement[] {
  return [
    {
      sid: "ReadAndWriteChunks",
      actions: ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
      resources: [`${bucketArn}/*`],
    },
    { sid: "ListChunks", actions: ["s3:ListBucket"], resources: [bucketArn] },
    useKeyForBucket(bucketArn, keyArn, ["kms:Decrypt", "kms:GenerateDataKey"]),
  ];
}
