import {
  type WorkflowEnvironment,
  type WorkflowMatrices,
  workflowMatrices,
} from "../../src/pipeline/environments.js";
import type { Job, NamedJob } from "./workflow-file.js";

/** Id of the job that lists the environments, and the command that it ends with. */
const LISTING_JOB = "environments";
const LISTING_COMMAND = /^npm run --silent pipeline -- environments(?: --release-to "\$ENVIRONMENT")?$/;

/** Environment of a job that has one for each entry of its matrix. */
const FROM_MATRIX = "${{ matrix.environment }}";

/** Names of the lists that `npm run pipeline -- environments` writes. */
type List = keyof WorkflowMatrices;

/**
 * Returns the list of environments that a job runs for; undefined if its environment is missing, is written by hand or
 * comes from another source than the command.
 */
export function listOf(job: Job, jobs: readonly NamedJob[]): List | undefined {
  const { matrix } = job.strategy ?? {};
  if (job.environment !== FROM_MATRIX || typeof matrix !== "object") return undefined;
  const source = String(matrix.environment ?? matrix.include);
  const [, list] = /^\$\{\{ fromJSON\(needs\.environments\.outputs\.([a-z-]+)\) \}\}$/.exec(source) ?? [];
  if (list === undefined || !job.needs.includes(LISTING_JOB)) return undefined;
  const listing = jobs.find(({ id }) => id === LISTING_JOB)?.job;
  const [last] = listing?.steps.toReversed() ?? [];
  const writes = last?.id === LISTING_JOB && LISTING_COMMAND.test(last.run?.trim() ?? "");
  const passes = listing?.outputs[list] === `\${{ steps.${LISTING_JOB}.outputs.${list} }}`;
  return writes && passes && isList(list) ? list : undefined;
}

/** Returns the environments that a job runs for, given those of the configuration. */
export function environmentsOf(
  job: Job,
  jobs: readonly NamedJob[],
  environments: readonly WorkflowEnvironment[],
): string[] {
  const list = listOf(job, jobs);
  if (list === undefined) return job.environment === undefined ? [] : [job.environment];
  return workflowMatrices(environments)[list].map((entry) =>
    typeof entry === "string" ? entry : entry.environment,
  );
}

function isList(name: string): name is List {
  return name in workflowMatrices([]);
}
