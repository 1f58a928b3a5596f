import { basename } from "node:path";
import { listOf } from "./matrices.js";
import {
  type ActionFile,
  type Job,
  jobsOf,
  type NamedJob,
  stepsOf,
  type WorkflowFile,
} from "./workflow-file.js";

/** How scripts run: the first failure, an unset variable or a failure in a pipe ends them. */
export const STRICT_SHELL = "bash -euo pipefail {0}";

/** What jobs may write; everything else is read at most. */
const WRITABLE = ["actions", "attestations", "id-token", "issues", "pull-requests"];

/** Runs with the repository's own token and secrets on what strangers send. */
const DANGEROUS_TRIGGERS = ["pull_request_target", "workflow_run", "issue_comment"];

/** An environment that takes an hour to make; no job waits longer for anything. */
const LONGEST_MINUTES = 120;

/** The one secret that a job may have without an environment: a token that can plan, and no more. */
export const PLAN_TOKEN = "TF_PLAN_TOKEN";

const ONLY_MAIN = "github.ref == 'refs/heads/main'";

/** Actions of others that are not written as a commit with the version it is. */
export function unpinnedActions({ path, text }: Pick<WorkflowFile, "path" | "text">): string[] {
  return [...text.matchAll(/^\s*(?:- )?uses: *(.*)$/gm)]
    .map(([, written = ""]) => written)
    .filter((written) => !written.startsWith("./"))
    .filter((written) => !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(written))
    .map((written) => `${path}: write ${written} as owner/action@<commit> # vX.Y.Z`);
}

/** Actions that two files take at different versions. */
export function differingVersions(files: readonly Pick<WorkflowFile, "path" | "text">[]): string[] {
  const versions = new Map<string, Set<string>>();
  for (const { text } of files) {
    for (const [, action = "", version = ""] of text.matchAll(/uses: *([^@\s]+)@(\S+ # \S+)/g)) {
      versions.set(action, (versions.get(action) ?? new Set()).add(version));
    }
  }
  return [...versions].filter(([, seen]) => seen.size > 1).map(([action, seen]) => `${action}: ${[...seen]}`);
}

/** Jobs and workflows that could do more than they say. */
export function loosePermissions(file: WorkflowFile): string[] {
  const whole = Object.keys(Object(file.workflow.permissions)).length === 0 && file.workflow.permissions;
  return [
    ...(whole ? [] : [`${file.path}: write permissions: {} for the workflow`]),
    ...jobsOf(file).flatMap(({ where, job: { permissions, steps } }) => {
      if (permissions === undefined) return [`${where}: say its permissions`];
      if (typeof permissions === "string") return [`${where}: ${permissions} is more than any job needs`];
      return Object.entries(permissions)
        .filter(([scope, right]) => right === "write" && !WRITABLE.includes(scope))
        .filter(([scope]) => !(scope === "contents" && WRITES_CODE.test(JSON.stringify(steps))))
        .map(([scope]) => `${where}: may not write ${scope}`);
    }),
  ];
}

/**
 * Commands for which a job may have `contents: write`: merging an approved release, pushing a pull request's branch.
 */
const WRITES_CODE = /gh pr merge|git push --quiet --force origin provider-locks/;

/** Programs that run code of packages from npm. */
const RUNS_PACKAGES =
  /\.\/\.github\/actions\/(install|test-tools)|\bnpm (ci|install|run|start|test)\b|\bnpx\b/;

/** Returns jobs with `contents: write` that run npm packages, which could then push code. */
export function writingJobsWithPackages(file: WorkflowFile): string[] {
  return jobsOf(file)
    .filter(({ job }) => Object(job.permissions).contents === "write")
    .filter(({ job }) => RUNS_PACKAGES.test(JSON.stringify(job.steps)))
    .map(({ where }) => `${where}: run packages in a job that may not write contents`);
}

/** Returns `npm ci` and `npm install` calls without `--ignore-scripts`. */
export function installScripts(file: WorkflowFile | ActionFile): string[] {
  return stepsOf(file)
    .filter(({ step }) => /\bnpm (ci|install)\b(?!.*--ignore-scripts)/.test(step.run ?? ""))
    .map(({ where }) => `${where}: use npm ci --ignore-scripts`);
}

/** Returns hard-coded versions of Node and Terraform. They belong in .nvmrc and tool-versions.json. */
export function hardCodedVersions(file: WorkflowFile | ActionFile): string[] {
  return stepsOf(file).flatMap(({ where, step }) =>
    ["node-version", "terraform_version"]
      .filter((input) => step.with[input] !== undefined && !step.with[input].startsWith("${{"))
      .map((input) => `${where}: read ${input} from .nvmrc or tool-versions.json`),
  );
}

/** What lets the newest run be asked for, where older ones wait for an approval. */
const SUPERSEDES = /pipeline -- supersede/;

/** What a job does that takes a right, by the right. */
const USES_OF: Readonly<Record<string, RegExp>> = {
  "actions: write": SUPERSEDES,
  "contents: read": /actions\/checkout@|gh pr |gh attestation/,
  "contents: write": WRITES_CODE,
  "id-token: write": /aws-actions\/configure-aws-credentials@|actions\/attest@/,
  "attestations: write": /actions\/attest@/,
  "attestations: read": /gh attestation/,
  "pull-requests: write": /pipeline -- comment|gh pr create/,
  "issues: write": /pipeline -- drift/,
};

/** Rights that a job has and does not use, and those that it uses and does not have. */
export function unfitPermissions(file: WorkflowFile): string[] {
  return jobsOf(file).flatMap(({ where, job: { permissions, steps } }) => {
    const has = Object.entries(Object(permissions)).map(([scope, right]) => `${scope}: ${right}`);
    const needs = Object.entries(USES_OF)
      .filter(([, use]) => use.test(JSON.stringify(steps)))
      .map(([right]) => right);
    return [
      ...has.filter((right) => !needs.includes(right)).map((right) => `${where}: has no use for ${right}`),
      // Who may write may read.
      ...needs
        .filter((right) => !has.includes(right) && !has.includes(right.replace(": read", ": write")))
        .map((right) => `${where}: needs ${right}`),
    ];
  });
}

/** Uses of an action of our own that do not give it what it takes. */
export function misusedActions(file: WorkflowFile | ActionFile, actions: readonly ActionFile[]): string[] {
  return stepsOf(file)
    .filter(({ step }) => step.uses?.startsWith("./"))
    .flatMap(({ where, step }) => {
      const used = actions.find(({ path }) => path === `${step.uses?.slice(2)}/action.yaml`);
      if (used === undefined) return [`${where}: there is no ${step.uses}`];
      const [given, taken] = [Object.keys(step.with).sort(), Object.keys(used.action.inputs).sort()];
      return given.join() === taken.join() ? [] : [`${where}: give ${step.uses} ${taken}, not ${given}`];
    });
}

/** Jobs that could hang for GitHub's six hours. */
export function endlessJobs(file: WorkflowFile): string[] {
  return jobsOf(file)
    .filter(({ job }) => !((job["timeout-minutes"] ?? Number.POSITIVE_INFINITY) <= LONGEST_MINUTES))
    .map(({ where }) => `${where}: give it timeout-minutes of at most ${LONGEST_MINUTES}`);
}

/** Scripts that would go on after a failure. */
export function laxShells(file: WorkflowFile | ActionFile): string[] {
  const byDefault = "workflow" in file ? file.workflow.defaults?.run.shell : undefined;
  return stepsOf(file)
    .filter(({ step }) => step.run !== undefined)
    .filter(
      ({ step }) =>
        (step.shell ?? byDefault) !== STRICT_SHELL && !step.run?.startsWith("set -euo pipefail\n"),
    )
    .map(({ where }) => `${where}: run it by ${STRICT_SHELL}`);
}

/** Checkouts that leave the job's token for every program that runs after them. */
export function keptCredentials(file: WorkflowFile | ActionFile): string[] {
  return stepsOf(file)
    .filter(({ step }) => step.uses?.startsWith("actions/checkout@"))
    .filter(({ step }) => step.with["persist-credentials"] !== "false")
    .map(({ where }) => `${where}: write persist-credentials: false`);
}

/** Expressions in scripts: what a stranger wrote in a title or a branch's name would be run. */
export function expressionsInScripts(file: WorkflowFile | ActionFile): string[] {
  return stepsOf(file)
    .filter(({ step }) => step.run?.includes("${{"))
    .map(({ where }) => `${where}: hand the value over by env`);
}

/** Triggers that give strangers the repository's own rights. */
export function dangerousTriggers({ path, workflow }: WorkflowFile): string[] {
  return DANGEROUS_TRIGGERS.filter((trigger) => trigger in workflow.on).map(
    (trigger) => `${path}: ${trigger} runs with our rights on what others send`,
  );
}

/** Ways to an environment past the rules that its people have set on GitHub. */
export function waysAround(file: WorkflowFile): string[] {
  const jobs = jobsOf(file);
  return jobs.flatMap(({ where, job }) => [
    ...credentialsWithoutEnvironment(where, job),
    ...(job.uses === undefined ? [] : [`${where}: another workflow's jobs are not looked at here`]),
    ...(job.environment !== undefined && listOf(job, jobs) === undefined
      ? [`${where}: take the environment from the job environments`]
      : []),
    ...(job.environment !== undefined && !runsOnMainAlone(job, jobs)
      ? [`${where}: let it run on main alone (if: ${ONLY_MAIN})`]
      : []),
  ]);
}

function credentialsWithoutEnvironment(where: string, job: Job): string[] {
  if (job.environment !== undefined) return [];
  const taking = takesAnIdentity(job) ? [`${where}: takes an identity without an environment`] : [];
  return [
    ...taking,
    ...secretsOf(job)
      .filter((name) => name !== PLAN_TOKEN)
      .map((name) => `${where}: has ${name} without an environment`),
  ];
}

/** The secrets that a job's expressions name; all of them, where it does not name one. */
function secretsOf(job: Job): string[] {
  const expressions = JSON.stringify(job).match(/\$\{\{.*?\}\}/g) ?? [];
  return [...expressions.join("\n").matchAll(/\bsecrets\b(?:\.(\w+))?/g)].map(
    ([, name]) => name ?? "all secrets",
  );
}

/** Whether a job asks GitHub for the token by which AWS lets it in. */
export function takesAnIdentity({ permissions }: Job): boolean {
  return permissions === "write-all" || Object(permissions)["id-token"] === "write";
}

function runsOnMainAlone(job: Job, jobs: readonly NamedJob[]): boolean {
  if (job.if?.split("&&").some((condition) => condition.trim() === ONLY_MAIN)) return true;
  if (job.if !== undefined) return false;
  // A job without a condition runs only when what it needs has run.
  return job.needs.some((id) => jobs.some((other) => other.id === id && runsOnMainAlone(other.job, jobs)));
}

/**
 * Returns jobs that name an environment. Workflows take environments from the configuration.
 *
 * @param ids such as `prod`
 */
export function namedEnvironments(file: WorkflowFile, ids: readonly string[]): string[] {
  return jobsOf(file).flatMap(({ where, job }) => {
    const text = JSON.stringify(job);
    return ids
      .filter((id) => {
        const variable = id.toUpperCase().replaceAll("-", "_");
        return new RegExp(`(?<![\\w/-])${id}(?![\\w/-])|\\b${variable}_`).test(text);
      })
      .map((id) => `${where}: names the environment ${id}`);
  });
}

/** Returns jobs that could apply at the same time as another one, or be cancelled during an apply. */
export function unguardedApplies(file: WorkflowFile): string[] {
  return jobsOf(file)
    .filter(({ job }) => job.steps.some(({ uses }) => uses === "./.github/actions/apply"))
    .filter(({ job: { environment, concurrency, strategy } }) => {
      if (typeof concurrency !== "object" || strategy?.["max-parallel"] !== 1) return true;
      return concurrency.group !== `deploy-${environment}` || concurrency["cancel-in-progress"] !== "false";
    })
    .map(
      ({ where, job }) =>
        `${where}: write max-parallel 1 and concurrency: group deploy-${job.environment}, cancel-in-progress false`,
    );
}

/**
 * Returns applies to production that an older run could block: a job that waits for an approval holds its concurrency
 * group.
 *
 * @see https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
 */
export function stuckApplies(file: WorkflowFile): string[] {
  const jobs = jobsOf(file);
  const call = `npm run --silent pipeline -- supersede --workflow ${basename(file.path)}`;
  const superseding = jobs.filter(({ job }) => job.steps.some(({ run }) => run?.trim() === call));
  return jobs
    .filter(({ job }) => listOf(job, jobs) === "production" && job.concurrency !== undefined)
    .filter(({ job }) => !job.needs.some((id) => superseding.some((other) => other.id === id)))
    .map(({ where }) => `${where}: let it need a job that runs ${call}`);
}

/** Steps that apply another environment than the job's. */
export function mixedEnvironments(file: WorkflowFile): string[] {
  return jobsOf(file).flatMap(({ where, job }) =>
    job.steps
      .filter(({ uses }) => uses === "./.github/actions/apply")
      .filter((step) => step.with.environment !== job.environment)
      .map((step) => `${where}: applies ${step.with.environment} in the environment ${job.environment}`),
  );
}
