import type { Finding, Rule } from "../refusal.js";
import { type Arguments, type Block, isTrue, type StackView } from "../stack-view.js";

/** The four switches; each closes a door that the others leave open. */
const BLOCKS = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

/** Canned access lists that admit somebody else. */
const OPEN_ACLS = ["public-read", "public-read-write", "authenticated-read", "aws-exec-read"];

/** Refuses buckets that could be made public, by an access list or by a policy. */
export const privateBucket = {
  id: "private-bucket",
  why: "a bucket that is public, or can become so by one mistake in a policy, is the commonest way in which data leaks",
  remedy:
    "build the bucket by PrivateBucket of modules/blocks: public access blocked four ways, no access lists",
  check: (stack) => [
    ...stack.ofType("aws_s3_bucket").flatMap((bucket) => unblocked(stack, bucket)),
    ...stack
      .ofType("aws_s3_account_public_access_block")
      .flatMap((block) => findingOf(block, switchesOff(block.arguments))),
    ...stack.ofType("aws_s3_bucket", "aws_s3_bucket_acl", "aws_s3_object").flatMap(openAccessList),
  ],
} satisfies Rule;

function unblocked(stack: StackView, bucket: Block): Finding[] {
  const blocks = stack
    .ofType("aws_s3_bucket_public_access_block")
    .filter((block) => stack.namesBucket(block.arguments.bucket, bucket));
  const [block] = blocks;
  if (block === undefined)
    return [{ path: bucket.path, type: bucket.type, what: "has no public access block" }];
  return findingOf(block, switchesOff(block.arguments));
}

function switchesOff(block: Arguments): string[] {
  return BLOCKS.filter((name) => !isTrue(block[name]));
}

function findingOf({ path, type }: Block, off: readonly string[]): Finding[] {
  return off.length === 0 ? [] : [{ path, type, what: `leaves ${off.join(", ")} off` }];
}

function openAccessList({ path, type, arguments: { acl } }: Block): Finding[] {
  const open = OPEN_ACLS.find((name) => name === acl);
  return open === undefined ? [] : [{ path, type, what: `has the access list ${open}` }];
}
