import type { Diagnostic } from "../diagnostic.js";
import { UserError } from "../user-error.js";
import { uncertain } from "./results.js";

/** Error codes of AWS services for a resource that does not exist. */
const ABSENT =
  /NotFound|NoSuch|DoesNotExist|ResourceNotFound|DBClusterNotFound|RepositoryNotFound|NoSuchEntity/i;
const DENIED = /AccessDenied|Unauthorized|Forbidden|AuthorizationError/i;
const UNAUTHENTICATED =
  /ExpiredToken|InvalidClientTokenId|UnrecognizedClient|CredentialsProviderError|TokenProviderError/;
const UNREACHABLE =
  /ECONNREFUSED|ENOTFOUND|ECONNRESET|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ETIMEDOUT|TimeoutError/;

/** Returns whether an error of AWS means that the resource does not exist. */
export function isAbsent(error: unknown): boolean {
  return ABSENT.test(nameOf(error)) || statusOf(error) === 404;
}

/**
 * Runs a check that calls AWS. A denied or unsupported call is a warning.
 *
 * @param check id of the check
 * @throws UserError if AWS is unreachable or the credentials are invalid
 */
export async function runCheck(check: string, action: () => Promise<Diagnostic[]>): Promise<Diagnostic[]> {
  try {
    return await action();
  } catch (error) {
    throwIfUnusable(error);
    if (DENIED.test(nameOf(error)) || statusOf(error) === 403) {
      return [
        uncertain(
          check,
          `AWS denied access (${nameOf(error)})`,
          "repeat it with a role that has read access",
        ),
      ];
    }
    if (error instanceof SyntaxError) {
      return [uncertain(check, "AWS does not support this call here", "check it in the AWS console")];
    }
    return [
      uncertain(check, `AWS returned ${nameOf(error)}: ${messageOf(error)}`, "check it in the AWS console"),
    ];
  }
}

function throwIfUnusable(error: unknown): void {
  const name = nameOf(error);
  if (UNAUTHENTICATED.test(name)) {
    throw new UserError(`AWS rejected the credentials (${name}).`, {
      hint: "Sign in (aws sso login) or set AWS_PROFILE, and run the command again.",
      cause: error,
    });
  }
  if (UNREACHABLE.test(name)) {
    throw new UserError(`The target AWS region cannot be reached (${name}).`, {
      hint: "Check https://health.aws.amazon.com, or choose another region.",
      cause: error,
    });
  }
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.name;
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : "";
  return text.split("\n")[0] ?? "";
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}
