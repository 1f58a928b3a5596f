import { Octokit } from "@octokit/core";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { array, type ZodType } from "zod";
import { PipelineProblem, reasonOf } from "./problem.js";

const Client = Octokit.plugin(retry, throttling);
type Client = InstanceType<typeof Client>;

/** The repository that is spoken about, and how. */
export interface GitHubSettings {
  readonly token: string;
  readonly owner: string;
  readonly repository: string;
  /** Without a slash at the end. */
  readonly apiUrl: string;
}

/** Reads the settings that every job of GitHub Actions has; only the token has to be passed on by the workflow. */
export function gitHubSettings(env: NodeJS.ProcessEnv = process.env): GitHubSettings {
  const { GITHUB_TOKEN: token = "", GITHUB_REPOSITORY: slug = "" } = env;
  const [owner = "", repository = "", ...rest] = slug.split("/");
  if (owner === "" || repository === "" || rest.length > 0) {
    throw new PipelineProblem(
      `GITHUB_REPOSITORY is ${JSON.stringify(slug)}, not an owner and a repository.`,
      "Set it to <owner>/<repository>.",
    );
  }
  if (token === "") {
    throw new PipelineProblem(
      "There is no token for GitHub: GITHUB_TOKEN is not set.",
      "Pass the job's token on (env: GITHUB_TOKEN), or by hand one that may write to issues and pull requests.",
    );
  }
  const apiUrl = (env.GITHUB_API_URL || "https://api.github.com").replace(/\/+$/, "");
  if (!URL.canParse(apiUrl)) {
    throw new PipelineProblem(
      `GITHUB_API_URL is no address: ${JSON.stringify(apiUrl)}.`,
      "Unset or correct it.",
    );
  }
  return { token, owner, repository, apiUrl };
}

/** A rate limit that ends within this time is waited for, once. */
const LONGEST_WAIT_SECONDS = 60;

export interface GitHubOptions {
  /**
   * Milliseconds that a second of waiting lasts.
   * @default 1000
   */
  readonly second?: number;
  /**
   * Keep the distance between writes that GitHub asks for, and wait for a rate limit to end.
   * @default true
   */
  readonly pace?: boolean;
}

/** The part of GitHub's API that the pipelines use, with errors in words for people. */
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
   * @param doing what the request is for, as in "read the comments"
   * @param schema what is read of the answer
   */
  async request<T>(
    route: string,
    doing: string,
    parameters: Readonly<Record<string, unknown>>,
    schema: ZodType<T>,
  ): Promise<T> {
    const answer = schema.safeParse(await this.send(route, doing, parameters));
    if (answer.success) return answer.data;
    throw new PipelineProblem(
      `What ${this.settings.apiUrl} answered when asked to ${doing} is not what GitHub's API answers.`,
      "Check GITHUB_API_URL.",
    );
  }

  /** A request whose answer tells nothing. */
  async send(
    route: string,
    doing: string,
    parameters: Readonly<Record<string, unknown>> = {},
  ): Promise<unknown> {
    const { owner, repository } = this.settings;
    // What was sent may have been done although the answer was lost: only reading is tried again.
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
      throw this.problem(error, doing);
    }
  }

  /** Every page of a list. */
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

  private problem(error: unknown, doing: string): PipelineProblem {
    const { apiUrl, owner, repository } = this.settings;
    const answer = answerOf(error);
    const where = `${owner}/${repository}`;
    if (answer === undefined) {
      return new PipelineProblem(
        `GitHub cannot be reached at ${apiUrl} to ${doing}: ${networkReason(error)}.`,
        "Check the network and GITHUB_API_URL, then start it again.",
      );
    }
    const { status, headers, message } = answer;
    const said = `GitHub refused to ${doing} in ${where} (status ${status})`;
    const until = limitedUntil(answer);
    if (until !== undefined) {
      return new PipelineProblem(
        `${said}: the rate limit of this token is used up.`,
        `Start it again ${until}.`,
      );
    }
    if (status === 401) {
      return new PipelineProblem(
        `${said}: it does not know this token.`,
        "GITHUB_TOKEN may be old or wrong.",
      );
    }
    if (status === 403) {
      const needed = headers["x-accepted-github-permissions"];
      return new PipelineProblem(
        `${said}: this token may not.`,
        needed === undefined
          ? "Give the job the permissions that it needs; on a pull request from a fork there are none to be had."
          : `Give the job one of the permissions ${needed}.`,
      );
    }
    if (status === 404) {
      return new PipelineProblem(
        `${said}: there is no such thing, or this token may not see it.`,
        "Check GITHUB_REPOSITORY and the number.",
      );
    }
    const why = message === "" ? "no reason given" : message;
    return new PipelineProblem(
      `${said}: ${why}.`,
      status >= 500
        ? "Start it again later; www.githubstatus.com tells of outages."
        : "Correct that, then start it again.",
    );
  }
}

const PAGE_SIZE = 100;
/** A pull request with 5,000 comments has other problems. */
const MOST_PAGES = 50;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly message: string;
}

/** What GitHub answered; undefined when there was no answer. */
function answerOf(error: unknown): Answer | undefined {
  if (!hasResponse(error)) return undefined;
  const { status, response } = error;
  const data = response.data;
  const message =
    typeof data === "object" && data !== null && "message" in data ? String(data.message).slice(0, 200) : "";
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
 * When a rate limit ends, in words; undefined when the refusal is about something else.
 *
 * @see https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
function limitedUntil({ status, headers, message }: Answer): string | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const after = Number(headers["retry-after"]);
  if (after > 0) return `in ${after} seconds`;
  const reset = Number(headers["x-ratelimit-reset"]);
  if (headers["x-ratelimit-remaining"] === "0" && reset > 0) {
    return `after ${new Date(reset * 1000).toISOString().slice(11, 16)} UTC`;
  }
  return status === 429 || /rate limit/i.test(message) ? "in some minutes" : undefined;
}

function networkReason(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  return reasonOf(inner) || "no answer";
}
