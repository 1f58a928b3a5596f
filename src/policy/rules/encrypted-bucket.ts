import type { Rule } from "../rule.js";
import { nested } from "../stack-view.js";

/** Buckets must configure their encryption; `customer-managed-key` checks the key. */
export const encryptedBucket = {
  id: "encrypted-bucket",
  reason: "Terraform shows a change of a configured encryption in a plan, but not of the AWS default",
  hint: "create the bucket with PrivateBucket of modules/core, which requires an encryption",
  check: (stack) =>
    stack
      .ofType("aws_s3_bucket")
      .filter(
        (bucket) =>
          !stack
            .ofType("aws_s3_bucket_server_side_encryption_configuration")
            .filter((configuration) => stack.namesBucket(configuration.arguments.bucket, bucket))
            .flatMap((configuration) => nested(configuration.arguments, "rule"))
            .flatMap((rule) => nested(rule, "apply_server_side_encryption_by_default"))
            .some((rule) => typeof rule.sse_algorithm === "string"),
      )
      .map((block) => ({ block, summary: "has no encryption configuration" })),
} satisfies Rule;
