/**
 * What it takes to delete an object of S3 before its lock ends, or to shorten a lock, in a bucket of mode GOVERNANCE.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
export const LIFTING_LOCKS: readonly string[] = ["s3:BypassGovernanceRetention"];
