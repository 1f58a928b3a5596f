/**
 * Actions that delete an S3 object before the end of its lock, or shorten the lock, in GOVERNANCE mode.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
export const OBJECT_LOCK_BYPASS: readonly string[] = ["s3:BypassGovernanceRetention"];
