import { BackupError, reasonOf } from "./backup-error.js";

/** Hints by name of the S3 error. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^NoSuchBucket$/, "The bucket does not exist. Check BACKUP_BUCKET."],
  [
    /^(PermanentRedirect|AuthorizationHeaderMalformed|301)$/,
    "The bucket is in another region. Check AWS_REGION.",
  ],
  [
    /^KMS|KMS/,
    "The encryption key cannot be used. Check BACKUP_KEY_ARN, whether the key is enabled, and whether this identity may use it.",
  ],
  [
    /^(AccessDenied|Forbidden|403)$/,
    "Access is denied. Check the role of the service account (notejam-backup writes, notejam-restore reads) and the key policy.",
  ],
  [
    /^(CredentialsProviderError|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|ExpiredTokenException|TokenProviderError)$/,
    "There are no valid credentials. Check the pod identity or the variables of the AWS SDK.",
  ],
  [
    /^(SlowDown|Throttling\w*|ServiceUnavailable|RequestLimitExceeded|TooManyRequests\w*|503|429)$/,
    "S3 throttles requests. Run the command again later.",
  ],
  [
    /^(NoSuchKey|NotFound|NoSuchVersion|404)$/,
    "The object does not exist. `notejam backups` lists all backups.",
  ],
  [
    /^(TimeoutError|NetworkingError|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|InternalError|500|502|504)$/,
    "S3 is unreachable or unavailable. Run the command again later.",
  ],
  [/Region is missing|^ConfigError$/, "Set AWS_REGION to the bucket's region."],
];

function* namesOf(error: unknown): Generator<string> {
  if (!(error instanceof Error)) return;
  // The SDK may hide the network error in the cause.
  yield error.name;
  if ("code" in error && typeof error.code === "string") yield error.code;
  if ("Code" in error && typeof error.Code === "string") yield error.Code;
  yield error.message;
  if (error instanceof AggregateError) for (const each of error.errors) yield* namesOf(each);
  const status = statusOf(error);
  if (status !== undefined) yield String(status);
  yield* namesOf(error.cause);
}

function statusOf(error: Error): number | undefined {
  if (!("$metadata" in error) || typeof error.$metadata !== "object" || error.$metadata === null)
    return undefined;
  const { httpStatusCode } = error.$metadata as { httpStatusCode?: unknown };
  return typeof httpStatusCode === "number" ? httpStatusCode : undefined;
}

/** Returns true if the object does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && /^(NoSuchKey|NotFound|NoSuchVersion)$/.test(error.name);
}

/** Returns true if a retry may succeed. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const status = statusOf(error);
  if (status !== undefined) return status >= 500 || status === 429;
  return !/^(CredentialsProviderError|TokenProviderError)$/.test(error.name);
}

/**
 * Explains an error of S3.
 *
 * @param doing - what failed, such as `The dump cannot be written to s3://…`
 */
export function explainS3(error: unknown, doing: string): BackupError {
  if (error instanceof BackupError) return error;
  // Some messages of S3 end with a full stop.
  const reason = reasonOf(error).replace(/\.$/, "");
  for (const name of namesOf(error)) {
    const advice = ADVICE.find(([pattern]) => pattern.test(name))?.[1];
    if (advice) return new BackupError(`${doing}: ${reason || name}. ${advice}`, { cause: error });
  }
  return new BackupError(`${doing}: ${reason}.`, { cause: error });
}
