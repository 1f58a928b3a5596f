import { MoveProblem } from "./failover-error.js";
import { type Finding, unsure } from "./finding.js";

/** What AWS calls the absence of the thing that was asked for, service by service. */
const ABSENT =
  /NotFound|NoSuch|DoesNotExist|ResourceNotFound|DBClusterNotFound|RepositoryNotFound|NoSuchEntity/i;
const DENIED = /AccessDenied|Unauthorized|Forbidden|AuthorizationError/i;
const NOBODY =
  /ExpiredToken|InvalidClientTokenId|UnrecognizedClient|CredentialsProviderError|TokenProviderError/;
const UNREACHABLE =
  /ECONNREFUSED|ENOTFOUND|ECONNRESET|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ETIMEDOUT|TimeoutError/;

/** @returns whether AWS said that the thing is not there */
export function isAbsent(error: unknown): boolean {
  return ABSENT.test(nameOf(error)) || statusOf(error) === 404;
}

/**
 * Asks AWS about one precondition. What we may not see or the service does not offer is `unsure`.
 *
 * @throws MoveProblem when AWS cannot be reached or does not know who asks
 */
export async function ask(what: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    refuseToGoOn(error);
    if (DENIED.test(nameOf(error)) || statusOf(error) === 403) {
      return [
        unsure(
          what,
          `AWS does not let you look (${nameOf(error)})`,
          "ask again with a role that may read everything",
        ),
      ];
    }
    if (error instanceof SyntaxError) {
      return [unsure(what, "AWS gave no answer to this question", "look at it in the AWS console")];
    }
    return [
      unsure(what, `AWS answered ${nameOf(error)}: ${messageOf(error)}`, "look at it in the AWS console"),
    ];
  }
}

function refuseToGoOn(error: unknown): void {
  const name = nameOf(error);
  if (NOBODY.test(name)) {
    throw new MoveProblem(
      `AWS does not know who asks (${name}). Sign in (aws sso login) or set AWS_PROFILE, and run it again.`,
    );
  }
  if (UNREACHABLE.test(name)) {
    throw new MoveProblem(
      `The AWS region that you move to cannot be reached (${name}). Look at its state at https://health.aws.amazon.com, or choose another region.`,
    );
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
