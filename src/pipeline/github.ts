import { Octokit } from "@octokit/core";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { array, type ZodType } from "zod";
import { oneLine, reasonOf } from "../error-text.js";
import { UserError } from "../user-error.js";

const Client = Octokit.plugin(retry, throttling);
type Client = InstanceType<typeof Client>;

/** Repository and access. */
export interface GitHubSettings {
  readonly token: string;
  readonly owner: string;
  readonly repository: string;
  /** Without a trailing slash. */
  readonly apiUrl: string;
}

/** Reads the settings from the variables of GitHub Actions; the workflow must pass the token. */
export function gitHubSettings(env: NodeJS.ProcessEnv = process.env): GitHubSettings {
  const { GITHUB_TOKEN: token = "", GITHUB_REPOSITORY: slug = "" } = env;
  const [owner = "", repository = "", ...rest] = slug.split("/");
  if (owner === "" || repository === "" || rest.length > 0) {
    throw new UserError(`GITHUB_REPOSITORY is ${JSON.stringify(slug)}, not <owner>/<repository>.`, {
      hint: "Set it, for example to example/notejam.",
    });
  }
  if (token === "") {
    throw new UserError("GITHUB_TOKEN is not set.", {
      hint: "In a workflow, pass the job's token (env: GITHUB_TOKEN). By hand, set a token that may write issues and pull requests.",
    });
  }
  const apiUrl = (env.GITHUB_API_URL || "https://api.github.com").replace(/\/+$/, "");
  if (!URL.canParse(apiUrl)) {
    throw new UserError(`GITHUB_API_URL is not a URL: ${JSON.stringify(apiUrl)}.`, {
      hint: "Unset or correct it.",
    });
  }
  return { token, owner, repository, apiUrl };
}

/** Longest rate limit that a request waits for, once. */
const LONGEST_WAIT_SECONDS = 60;

export interface GitHubOptions {
  /**
   * Length of a second of waiting, in milliseconds; tests shorten it.
   * @default 1000
   */
  readonly second?: number;
  /**
   * Keep the interval between writes that GitHub requires, and wait for the end of a rate limit.
   * @default true
   */
  readonly pace?: boolean;
}

/** Client for the part of GitHub's API that the pipelines use. Its errors are UserErrors. */
export class GitHub {
  private readonly client: Client;
  private readonly settings: GitHubSettings;

  constructor(settings: GitHubSettings, { second = 1000, pace = true }: GitHubOptions = {}) {
    this.settings = settings;
    const waitOnce = (after: number, _options: unknown, _octokit: unknown, attempt: number) =>
      attempt === 0 && after <= LONGEST_WAIT_SECONDS;
    this.client = new Client({
      auth: settings.token,
      baseUrl: settings.apiUrl,
      userAgent: "notejam-pipeline",
      log: { debug() {}, info() {}, warn() {}, error() {} },
      retry: { doNotRetry: [400, 401, 403, 404, 410, 422, 429, 451], retryAfterBaseValue: second },
      throttle: {
        enabled: pace,
        onRateLimit: waitOnce,
        onSecondaryRateLimit: waitOnce,
        retryAfterBaseValue: second,
      },
    });
  }

  /**
   * @param route such as `GET /repos/{owner}/{repo}/issues`; owner and repository are filled in
   * @param doing purpose of the request, such as "read the comments"
   * @param schema of the parts of the response that are read
   */
  async request<T>(
    route: string,
    doing: string,
    parameters: Readonly<Record<string, unknown>>,
    schema: ZodType<T>,
  ): Promise<T> {
    const parsed = schema.safeParse(await this.send(route, doing, parameters));
    if (parsed.success) return parsed.data;
    throw new UserError(
      `The response of ${this.settings.apiUrl} to the request to ${doing} is not a response of GitHub's API.`,
      {
        hint: "Check GITHUB_API_URL.",
      },
    );
  }

  /** Sends a request whose response is not read. */
  async send(
    route: string,
    doing: string,
    parameters: Readonly<Record<string, unknown>> = {},
  ): Promise<unknown> {
    const { owner, repository } = this.settings;
    // Only reads are retried: a write may have succeeded although its response was lost.
    const retries = route.startsWith("GET ") ? {} : { request: { retries: 0 } };
    try {
      const response = await this.client.request(route, {
        owner,
        repo: repository,
        ...parameters,
        ...retries,
      });
      const { data }: { data: unknown } = response;
      return data;
    } catch (error) {
      throw this.errorOf(error, doing);
    }
  }

  /** Reads all pages of a list. */
  async list<T>(
    route: string,
    doing: string,
    parameters: Readonly<Record<string, unknown>>,
    item: ZodType<T>,
  ): Promise<T[]> {
    const found: T[] = [];
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const paged = { ...parameters, per_page: PAGE_SIZE, page };
      const items = await this.request(route, doing, paged, array(item));
      found.push(...items);
      if (items.length < PAGE_SIZE) break;
    }
    return found;
  }

  private errorOf(error: unknown, doing: string): UserError {
    const { apiUrl, owner, repository } = this.settings;
    const response = errorResponseOf(error);
    const where = `${owner}/${repository}`;
    if (response === undefined) {
      return new UserError(`GitHub cannot be reached at ${apiUrl} to ${doing}: ${networkReason(error)}.`, {
        hint: "Check the network and GITHUB_API_URL, then run the command again.",
      });
    }
    const { status, headers, message } = response;
    const refused = `GitHub rejected the request to ${doing} in ${where} (status ${status})`;
    const until = limitedUntil(response);
    if (until !== undefined) {
      return new UserError(`${refused}: the rate limit of this token is used up.`, {
        hint: `Run the command again ${until}.`,
      });
    }
    if (status === 401) {
      return new UserError(`${refused}: the token is not valid.`, {
        hint: "Renew GITHUB_TOKEN.",
      });
    }
    if (status === 403) {
      const needed = headers["x-accepted-github-permissions"];
      return new UserError(`${refused}: the token lacks a permission.`, {
        hint:
          needed === undefined
            ? "Grant the permission to the job. On a pull request from a fork, this is not possible."
            : `Grant one of these permissions to the job: ${needed}.`,
      });
    }
    if (status === 404) {
      return new UserError(`${refused}: not found, or not visible for this token.`, {
        hint: "Check GITHUB_REPOSITORY and the number.",
      });
    }
    const why = message === "" ? "no reason" : message;
    return new UserError(`${refused}: ${why}.`, {
      hint:
        status >= 500
          ? "Run the command again later. www.githubstatus.com lists outages."
          : "Correct that, then run the command again.",
    });
  }
}

const PAGE_SIZE = 100;
/** Maximum number of pages of a list: 5,000 items. */
const MOST_PAGES = 50;

interface ErrorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly message: string;
}

/** Returns the response of GitHub to a failed request; undefined without one. */
function errorResponseOf(error: unknown): ErrorResponse | undefined {
  if (!hasResponse(error)) return undefined;
  const { status, response } = error;
  const data = response.data;
  const message =
    typeof data === "object" && data !== null && "message" in data
      ? oneLine(String(data.message)).slice(0, 200)
      : "";
  return { status, headers: response.headers, message };
}

function hasResponse(
  error: unknown,
): error is { status: number; response: { headers: Record<string, string | undefined>; data: unknown } } {
  return (
    error instanceof Error &&
    "status" in error &&
    typeof error.status === "number" &&
    "response" in error &&
    typeof error.response === "object" &&
    error.response !== null &&
    "headers" in error.response
  );
}

/**
 * Returns the end of a rate limit as text; undefined for other errors.
 *
 * @see https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
function limitedUntil({ status, headers, message }: ErrorResponse): string | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const after = Number(headers["retry-after"]);
  if (after > 0) return `in ${after} seconds`;
  const reset = Number(headers["x-ratelimit-reset"]);
  if (headers["x-ratelimit-remaining"] === "0" && reset > 0) {
    return `after ${new Date(reset * 1000).toISOString().slice(11, 16)} UTC`;
  }
  return status === 429 || /rate limit/i.test(message) ? "in a few minutes" : undefined;
}

function networkReason(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  return reasonOf(inner) || "no response";
}
