import type { Rule } from "../refusal.js";
import { nested } from "../stack-view.js";

/** Refuses buckets that do not say how they are encrypted; `our-key` says by which key. */
export const encryptedBucket = {
  id: "encrypted-bucket",
  why: "a bucket's encryption is stated, not left to what AWS does today, so that a change of it shows up in a plan",
  remedy: "build the bucket by PrivateBucket of modules/blocks, which demands an encryption",
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
      .map(({ path, type }) => ({ path, type, what: "does not say how it is encrypted" })),
} satisfies Rule;
