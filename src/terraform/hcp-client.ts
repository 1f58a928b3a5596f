import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { oneLine, PipelineProblem, reasonOf } from "../pipeline/problem.js";
import type { Counts } from "../pipeline/summary.js";

/**
 * The variable that holds a host's token: `TF_TOKEN_app_terraform_io` for `app.terraform.io`.
 *
 * @see https://developer.hashicorp.com/terraform/cli/config/config-file#environment-variable-credentials
 */
export function tokenVariable(hostname: string): string {
  return `TF_TOKEN_${hostname.replaceAll("-", "__").replaceAll(".", "_")}`;
}

const Credentials = z.object({ credentials: z.record(z.string(), z.object({ token: z.string() })) });

/**
 * The token for a host, from where Terraform looks for it too: the variable of a job, or what `terraform login` wrote.
 *
 * @throws PipelineProblem when there is none
 */
export function terraformToken(hostname: string, env: NodeJS.ProcessEnv = process.env): string {
  const variable = tokenVariable(hostname);
  const token = env[variable] || loginToken(hostname, env.HOME || homedir());
  if (token !== undefined && token !== "") return token;
  throw new PipelineProblem(
    `There is no token for ${hostname}: ${variable} is not set, and nobody is logged in.`,
    "Pass the token on as that variable, or run `terraform login`.",
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

const PlanCounts = z.object({
  "resource-additions": z.number().int().nonnegative(),
  "resource-changes": z.number().int().nonnegative(),
  "resource-destructions": z.number().int().nonnegative(),
  "resource-imports": z.number().int().nonnegative().nullish(),
});

/** A run, as far as a summary needs it. */
export interface CloudRun {
  /** Terraform Cloud's word for where it stands: `planned_and_finished`, `errored` … */
  readonly status: string;
  readonly planId: string;
  /** Undefined when the plan came to no end. */
  readonly counts: Counts | undefined;
}

/** Tries when the service does not answer or asks for patience. */
const TRIES = 3;
const LONGEST_WAIT_SECONDS = 60;

export interface TerraformCloudProps {
  /** With its port, if it has one. */
  readonly hostname: string;
  readonly token: string;
  /**
   * Milliseconds that a second of waiting lasts.
   * @default 1000
   */
  readonly second?: number;
}

/** The part of Terraform Cloud's API that tells what a run found. */
export class TerraformCloud {
  private readonly props: TerraformCloudProps;

  constructor(props: TerraformCloudProps) {
    this.props = props;
  }

  /** @throws PipelineProblem when it cannot be read */
  async run(id: string): Promise<CloudRun> {
    const { status, text } = await this.get(`/runs/${id}?include=plan`);
    const parsed = status === 200 ? Run.safeParse(jsonOf(text)) : undefined;
    if (!parsed?.success) throw this.refusal(`read the run ${id}`, status);
    const { data, included } = parsed.data;
    const planId = data.relationships.plan.data.id;
    const plan = included.find((each) => each.type === "plans" && each.id === planId);
    return { status: data.attributes.status, planId, counts: countsOf(plan?.attributes) };
  }

  /**
   * The plan as Terraform's own command line reads it, in JSON with sensitive values taken out: so whoever may start a
   * plan may read it. The whole one, `json-output`, is for administrators of the workspace.
   *
   * @returns undefined where this token may not, or the service has none
   * @see https://developer.hashicorp.com/terraform/cloud-docs/api-docs/plans#retrieve-the-json-execution-plan
   */
  async planJson(planId: string): Promise<string | undefined> {
    const { status, text } = await this.get(`/plans/${planId}/json-output-redacted`);
    if (status === 200) return text;
    if ([204, 401, 403, 404].includes(status)) return undefined;
    throw this.refusal(`read the plan ${planId}`, status);
  }

  private async get(path: string, attempt = 1): Promise<{ status: number; text: string }> {
    const { hostname, token, second = 1000 } = this.props;
    try {
      // A redirect to where plans are stored is followed; fetch leaves the token behind at another host.
      const response = await fetch(`https://${hostname}/api/v2${path}`, {
        headers: { authorization: `Bearer ${token}`, "content-type": "application/vnd.api+json" },
        signal: AbortSignal.timeout(60 * second),
      });
      const { status } = response;
      if ((status === 429 || status >= 500) && attempt < TRIES) {
        await response.body?.cancel();
        await delay(Math.min(waitAsked(response.headers) ?? attempt, LONGEST_WAIT_SECONDS) * second);
        return this.get(path, attempt + 1);
      }
      return { status, text: await response.text() };
    } catch (error) {
      if (attempt < TRIES) {
        await delay(attempt * second);
        return this.get(path, attempt + 1);
      }
      throw new PipelineProblem(
        `Terraform Cloud cannot be reached at https://${hostname}: ${networkReason(error)}.`,
        "Check the network, then start it again.",
      );
    }
  }

  private refusal(doing: string, status: number): PipelineProblem {
    const { hostname } = this.props;
    const said = `Terraform Cloud at ${hostname} did not let us ${doing} (status ${status})`;
    if (status === 401) {
      return new PipelineProblem(
        `${said}: it does not know this token.`,
        `Renew ${tokenVariable(hostname)}.`,
      );
    }
    if (status === 429) {
      return new PipelineProblem(
        `${said}: too many requests with this token.`,
        "Start it again in a minute.",
      );
    }
    if (status >= 500) {
      return new PipelineProblem(`${said}.`, "Start it again later; status.hashicorp.com tells of outages.");
    }
    return new PipelineProblem(
      `${said}: there is none, this token may not read it, or the answer is of another kind.`,
      "The token's team needs the right to plan in this workspace.",
    );
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Terraform Cloud says in fractions of a second when it will listen again. */
function waitAsked(headers: Headers): number | undefined {
  const asked = Number(headers.get("retry-after") ?? headers.get("x-ratelimit-reset") ?? Number.NaN);
  return Number.isFinite(asked) && asked > 0 ? asked : undefined;
}

/** Terraform Cloud counts a replacement as one added and one destroyed, and does not say how many there are. */
function countsOf(attributes: Readonly<Record<string, unknown>> | undefined): Counts | undefined {
  const parsed = PlanCounts.safeParse(attributes);
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
