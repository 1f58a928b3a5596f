import type { Rule, Violation } from "../rule.js";
import { type Arguments, type Block, isTrue, type StackView } from "../stack-view.js";

/** The four settings of a public access block; all are needed. */
const BLOCKS = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

/** Canned ACLs that grant access to other accounts. */
const PUBLIC_ACLS = ["public-read", "public-read-write", "authenticated-read", "aws-exec-read"];

/** Buckets must not become public, by an ACL or by a policy. */
export const privateBucket = {
  id: "private-bucket",
  reason:
    "public buckets are the most common way to leak data, and one mistake in a policy makes a bucket public",
  hint: "create the bucket with PrivateBucket of modules/core, which blocks public access and disables ACLs",
  check: (stack) => [
    ...stack.ofType("aws_s3_bucket").flatMap((bucket) => unblocked(stack, bucket)),
    ...stack
      .ofType("aws_s3_account_public_access_block")
      .flatMap((block) => violationsOf(block, disabledSettings(block.arguments))),
    ...stack.ofType("aws_s3_bucket", "aws_s3_bucket_acl", "aws_s3_object").flatMap(publicAcl),
  ],
} satisfies Rule;

function unblocked(stack: StackView, bucket: Block): Violation[] {
  const block = stack
    .ofType("aws_s3_bucket_public_access_block")
    .find((candidate) => stack.namesBucket(candidate.arguments.bucket, bucket));
  if (block === undefined) return [{ block: bucket, summary: "has no public access block" }];
  return violationsOf(block, disabledSettings(block.arguments));
}

function disabledSettings(block: Arguments): string[] {
  return BLOCKS.filter((name) => !isTrue(block[name]));
}

function violationsOf(block: Block, disabled: readonly string[]): Violation[] {
  return disabled.length === 0 ? [] : [{ block, summary: `does not enable ${disabled.join(", ")}` }];
}

function publicAcl(block: Block): Violation[] {
  const acl = PUBLIC_ACLS.find((name) => name === block.arguments.acl);
  return acl === undefined ? [] : [{ block, summary: `has the ACL ${acl}` }];
}
