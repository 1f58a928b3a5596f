import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { oneLine, reasonOf } from "../error-text.js";
import { UserError } from "../user-error.js";
import type { PlanCounts } from "./plan-json.js";

/**
 * Returns the name of the environment variable with a host's token: `TF_TOKEN_app_terraform_io` for `app.terraform.io`.
 *
 * @see https://developer.hashicorp.com/terraform/cli/config/config-file#environment-variable-credentials
 */
export function tokenVariable(hostname: string): string {
  return `TF_TOKEN_${hostname.replaceAll("-", "__").replaceAll(".", "_")}`;
}

const Credentials = z.object({ credentials: z.record(z.string(), z.object({ token: z.string() })) });

/**
 * Returns the token for a host from the places that Terraform uses: the environment variable, or the credentials file of
 * `terraform login`.
 *
 * @throws UserError if there is none
 */
export function terraformToken(hostname: string, env: NodeJS.ProcessEnv = process.env): string {
  const variable = tokenVariable(hostname);
  const token = env[variable] || loginToken(hostname, env.HOME || homedir());
  if (token !== undefined && token !== "") return token;
  throw new UserError(
    `There is no token for ${hostname}: ${variable} is not set, and \`terraform login\` was not run.`,
    { hint: "Set that variable, or run `terraform login`." },
  );
}

function loginToken(hostname: string, home: string): string | undefined {
  try {
    const file = readFileSync(join(home, ".terraform.d", "credentials.tfrc.json"), "utf8");
    return Credentials.parse(JSON.parse(file)).credentials[hostname]?.token;
  } catch {
    return undefined;
  }
}

const Run = z.object({
  data: z.object({
    attributes: z.object({ status: z.string() }),
    relationships: z.object({ plan: z.object({ data: z.object({ id: z.string() }) }) }),
  }),
  included: z
    .array(z.object({ id: z.string(), type: z.string(), attributes: z.record(z.string(), z.unknown()) }))
    .default([]),
});

const PlanAttributes = z.object({
  "resource-additions": z.number().int().nonnegative(),
  "resource-changes": z.number().int().nonnegative(),
  "resource-destructions": z.number().int().nonnegative(),
  "resource-imports": z.number().int().nonnegative().nullish(),
});

/** Run in HCP Terraform. */
export interface CloudRun {
  /** Status in the API: `planned_and_finished`, `errored` … */
  readonly status: string;
  readonly planId: string;
  /** Numbers of planned changes; undefined if the plan did not finish. */
  readonly counts: PlanCounts | undefined;
}

/** Maximum number of attempts if the API does not respond, is overloaded or limits the rate. */
const ATTEMPTS = 3;
const MAX_WAIT_SECONDS = 60;

export interface HcpClientProps {
  /** Host of the API, with its port if it has one. */
  readonly hostname: string;
  readonly token: string;
  /**
   * Milliseconds per second of waiting. Tests use a smaller number.
   *
   * @default 1000
   */
  readonly second?: number;
}

/** Client of the HCP Terraform API. */
export class HcpClient {
  private readonly props: HcpClientProps;

  constructor(props: HcpClientProps) {
    this.props = props;
  }

  /** Returns true if the organization has a workspace of that name. @throws UserError if the API returns an error */
  async workspaceExists(organization: string, name: string): Promise<boolean> {
    const { status } = await this.get(`/organizations/${organization}/workspaces/${name}`);
    if (status === 200) return true;
    if (status === 404) return false;
    throw this.statusError(`read the workspace ${name}`, status);
  }

  /** Reads a run with its plan's counts. @throws UserError if it cannot be read */
  async run(id: string): Promise<CloudRun> {
    const { status, text } = await this.get(`/runs/${id}?include=plan`);
    const parsed = status === 200 ? Run.safeParse(jsonOf(text)) : undefined;
    if (!parsed?.success) throw this.statusError(`read the run ${id}`, status);
    const { data, included } = parsed.data;
    const planId = data.relationships.plan.data.id;
    const plan = included.find((each) => each.type === "plans" && each.id === planId);
    return { status: data.attributes.status, planId, counts: countsOf(plan?.attributes) };
  }

  /**
   * Reads a plan as JSON without sensitive values, as Terraform's command line does. A token with the permission to plan
   * can read it. `json-output`, with all values, is for administrators of the workspace.
   *
   * @returns undefined if the token lacks the permission, or the API has no such plan
   * @see https://developer.hashicorp.com/terraform/cloud-docs/api-docs/plans#retrieve-the-json-execution-plan
   */
  async planJson(planId: string): Promise<string | undefined> {
    const { status, text } = await this.get(`/plans/${planId}/json-output-redacted`);
    if (status === 200) return text;
    if ([204, 401, 403, 404].includes(status)) return undefined;
    throw this.statusError(`read the plan ${planId}`, status);
  }

  private async get(path: string, attempt = 1): Promise<{ status: number; text: string }> {
    const { hostname, token, second = 1000 } = this.props;
    try {
      // Follows the redirect to the storage of plans; fetch does not send the token to another host.
      const response = await fetch(`https://${hostname}/api/v2${path}`, {
        headers: { authorization: `Bearer ${token}`, "content-type": "application/vnd.api+json" },
        signal: AbortSignal.timeout(60 * second),
      });
      const { status } = response;
      if ((status === 429 || status >= 500) && attempt < ATTEMPTS) {
        await response.body?.cancel();
        await delay(Math.min(retryAfter(response.headers) ?? attempt, MAX_WAIT_SECONDS) * second);
        return this.get(path, attempt + 1);
      }
      return { status, text: await response.text() };
    } catch (error) {
      if (attempt < ATTEMPTS) {
        await delay(attempt * second);
        return this.get(path, attempt + 1);
      }
      throw new UserError(
        `HCP Terraform cannot be reached at https://${hostname}: ${networkReason(error)}.`,
        {
          hint: "Check the network, then run the same command again.",
        },
      );
    }
  }

  private statusError(action: string, status: number): UserError {
    const { hostname } = this.props;
    const failure = `Could not ${action} at ${hostname} (status ${status})`;
    if (status === 401) {
      return new UserError(`${failure}: the token is not valid.`, {
        hint: `Renew ${tokenVariable(hostname)}, or run \`terraform login ${hostname}\`.`,
      });
    }
    if (status === 429) {
      return new UserError(`${failure}: too many requests with this token.`, {
        hint: "Run the same command again in a minute.",
      });
    }
    if (status >= 500) {
      return new UserError(`${failure}.`, {
        hint: "Run the same command again later; status.hashicorp.com lists outages.",
      });
    }
    return new UserError(`${failure}: it does not exist, or the token may not read it.`, {
      hint: "Give the token's team the permission to plan in this workspace.",
    });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns the seconds to wait, possibly a fraction, if the API names them. */
function retryAfter(headers: Headers): number | undefined {
  const seconds = Number(headers.get("retry-after") ?? headers.get("x-ratelimit-reset") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}

/** The API counts a replacement as one addition and one destruction, and does not name the number of replacements. */
function countsOf(attributes: Readonly<Record<string, unknown>> | undefined): PlanCounts | undefined {
  const parsed = PlanAttributes.safeParse(attributes);
  if (!parsed.success) return undefined;
  const { data } = parsed;
  return {
    add: data["resource-additions"],
    change: data["resource-changes"],
    destroy: data["resource-destructions"],
    replace: 0,
    import: data["resource-imports"] ?? 0,
  };
}

function networkReason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return oneLine(reasonOf(cause ?? error)) || "no answer";
}
