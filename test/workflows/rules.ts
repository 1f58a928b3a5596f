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

/** Required shell of scripts: stops at errors, unset variables and errors in pipes. */
export const STRICT_SHELL = "bash -euo pipefail {0}";

/** Permissions that jobs may have as `write`. */
const WRITABLE = ["actions", "attestations", "id-token", "issues", "pull-requests"];

/** Triggers that run with the repository's token and secrets for contributions from forks. */
const DANGEROUS_TRIGGERS = ["pull_request_target", "workflow_run", "issue_comment"];

/** Maximum timeout of a job. A new environment takes about an hour. */
const MAX_TIMEOUT_MINUTES = 120;

/** The only secret for jobs without an environment: a token that can only plan. */
export const PLAN_TOKEN = "TF_PLAN_TOKEN";

const ONLY_MAIN = "github.ref == 'refs/heads/main'";

/** Third-party actions that are not pinned by commit with a version comment. */
export function unpinnedActions({ path, text }: Pick<WorkflowFile, "path" | "text">): string[] {
  return [...text.matchAll(/^\s*(?:- )?uses: *(.*)$/gm)]
    .map(([, written = ""]) => written)
    .filter((written) => !written.startsWith("./"))
    .filter((written) => !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(written))
    .map((written) => `${path}: write ${written} as owner/action@<commit> # vX.Y.Z`);
}

/** Actions that files use in different versions. */
export function differingVersions(files: readonly Pick<WorkflowFile, "path" | "text">[]): string[] {
  const versions = new Map<string, Set<string>>();
  for (const { text } of files) {
    for (const [, action = "", version = ""] of text.matchAll(/uses: *([^@\s]+)@(\S+ # \S+)/g)) {
      versions.set(action, (versions.get(action) ?? new Set()).add(version));
    }
  }
  return [...versions].filter(([, seen]) => seen.size > 1).map(([action, seen]) => `${action}: ${[...seen]}`);
}

/** Jobs and workflows without declared permissions, or with broad ones. */
export function broadPermissions(file: WorkflowFile): string[] {
  const whole = Object.keys(Object(file.workflow.permissions)).length === 0 && file.workflow.permissions;
  return [
    ...(whole ? [] : [`${file.path}: write permissions: {} for the workflow`]),
    ...jobsOf(file).flatMap(({ where, job: { permissions, steps } }) => {
      if (permissions === undefined) return [`${where}: declare permissions`];
      if (typeof permissions === "string") return [`${where}: ${permissions} is too broad`];
      return Object.entries(permissions)
        .filter(([scope, right]) => right === "write" && !WRITABLE.includes(scope))
        .filter(([scope]) => !(scope === "contents" && WRITES_CODE.test(JSON.stringify(steps))))
        .map(([scope]) => `${where}: must not have ${scope}: write`);
    }),
  ];
}

/**
 * Commands that justify `contents: write`: merging an approved release, pushing a pull request's branch.
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
    .map(({ where }) => `${where}: run packages in a job without contents: write`);
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

/** Command that cancels older runs that wait for approval. */
const SUPERSEDES = /pipeline -- supersede/;

/** Uses of each permission. */
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

/** Unused and missing permissions of jobs. */
export function wrongPermissions(file: WorkflowFile): string[] {
  return jobsOf(file).flatMap(({ where, job: { permissions, steps } }) => {
    const has = Object.entries(Object(permissions)).map(([scope, right]) => `${scope}: ${right}`);
    const needs = Object.entries(USES_OF)
      .filter(([, use]) => use.test(JSON.stringify(steps)))
      .map(([right]) => right);
    return [
      ...has.filter((right) => !needs.includes(right)).map((right) => `${where}: does not use ${right}`),
      // Write permission includes read.
      ...needs
        .filter((right) => !has.includes(right) && !has.includes(right.replace(": read", ": write")))
        .map((right) => `${where}: needs ${right}`),
    ];
  });
}

/** Calls of local actions with missing or unknown inputs. */
export function misusedActions(file: WorkflowFile | ActionFile, actions: readonly ActionFile[]): string[] {
  return stepsOf(file)
    .filter(({ step }) => step.uses?.startsWith("./"))
    .flatMap(({ where, step }) => {
      const used = actions.find(({ path }) => path === `${step.uses?.slice(2)}/action.yaml`);
      if (used === undefined) return [`${where}: ${step.uses} does not exist`];
      const [passed, declared] = [Object.keys(step.with).sort(), Object.keys(used.action.inputs).sort()];
      return passed.join() === declared.join()
        ? []
        : [`${where}: ${step.uses} has the inputs ${declared}, not ${passed}`];
    });
}

/** Jobs without a timeout, or with a long one. GitHub's default is six hours. */
export function jobsWithoutTimeout(file: WorkflowFile): string[] {
  return jobsOf(file)
    .filter(({ job }) => !((job["timeout-minutes"] ?? Number.POSITIVE_INFINITY) <= MAX_TIMEOUT_MINUTES))
    .map(({ where }) => `${where}: set timeout-minutes to at most ${MAX_TIMEOUT_MINUTES}`);
}

/** Scripts that continue after errors. */
export function laxShells(file: WorkflowFile | ActionFile): string[] {
  const byDefault = "workflow" in file ? file.workflow.defaults?.run.shell : undefined;
  return stepsOf(file)
    .filter(({ step }) => step.run !== undefined)
    .filter(
      ({ step }) =>
        (step.shell ?? byDefault) !== STRICT_SHELL && !step.run?.startsWith("set -euo pipefail\n"),
    )
    .map(({ where }) => `${where}: use the shell ${STRICT_SHELL}`);
}

/** Checkouts that leave the job's token in the work tree, where later programs can read it. */
export function persistedCredentials(file: WorkflowFile | ActionFile): string[] {
  return stepsOf(file)
    .filter(({ step }) => step.uses?.startsWith("actions/checkout@"))
    .filter(({ step }) => step.with["persist-credentials"] !== "false")
    .map(({ where }) => `${where}: set persist-credentials: false`);
}

/** Expressions in scripts, through which titles or branch names could inject code. */
export function expressionsInScripts(file: WorkflowFile | ActionFile): string[] {
  return stepsOf(file)
    .filter(({ step }) => step.run?.includes("${{"))
    .map(({ where }) => `${where}: pass the value in env`);
}

/** Triggers that give contributions from forks the repository's permissions. */
export function dangerousTriggers({ path, workflow }: WorkflowFile): string[] {
  return DANGEROUS_TRIGGERS.filter((trigger) => trigger in workflow.on).map(
    (trigger) => `${path}: ${trigger} gives forks the repository's permissions`,
  );
}

/** Jobs that bypass the protection rules of environments. */
export function unprotectedAccess(file: WorkflowFile): string[] {
  const jobs = jobsOf(file);
  return jobs.flatMap(({ where, job }) => [
    ...credentialsWithoutEnvironment(where, job),
    ...(job.uses === undefined ? [] : [`${where}: the rules do not support reusable workflows`]),
    ...(job.environment !== undefined && listOf(job, jobs) === undefined
      ? [`${where}: take the environment from the job environments`]
      : []),
    ...(job.environment !== undefined && !runsOnlyOnMain(job, jobs)
      ? [`${where}: run only on main (if: ${ONLY_MAIN})`]
      : []),
  ]);
}

function credentialsWithoutEnvironment(where: string, job: Job): string[] {
  if (job.environment !== undefined) return [];
  const oidc = requestsOidcToken(job) ? [`${where}: requests an OIDC token without an environment`] : [];
  return [
    ...oidc,
    ...secretsOf(job)
      .filter((name) => name !== PLAN_TOKEN)
      .map((name) => `${where}: uses ${name} without an environment`),
  ];
}

/** Secrets in a job's expressions; `all secrets` for the whole context. */
function secretsOf(job: Job): string[] {
  const expressions = JSON.stringify(job).match(/\$\{\{.*?\}\}/g) ?? [];
  return [...expressions.join("\n").matchAll(/\bsecrets\b(?:\.(\w+))?/g)].map(
    ([, name]) => name ?? "all secrets",
  );
}

/** Returns true if a job can request an OIDC token, with which it can assume AWS roles. */
export function requestsOidcToken({ permissions }: Job): boolean {
  return permissions === "write-all" || Object(permissions)["id-token"] === "write";
}

function runsOnlyOnMain(job: Job, jobs: readonly NamedJob[]): boolean {
  if (job.if?.split("&&").some((condition) => condition.trim() === ONLY_MAIN)) return true;
  if (job.if !== undefined) return false;
  // A job without a condition runs only after the jobs that it needs.
  return job.needs.some((id) => jobs.some((other) => other.id === id && runsOnlyOnMain(other.job, jobs)));
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
    .map(({ where }) => `${where}: add a job to needs that runs ${call}`);
}

/** Steps that apply to another environment than the job's. */
export function mixedEnvironments(file: WorkflowFile): string[] {
  return jobsOf(file).flatMap(({ where, job }) =>
    job.steps
      .filter(({ uses }) => uses === "./.github/actions/apply")
      .filter((step) => step.with.environment !== job.environment)
      .map((step) => `${where}: applies ${step.with.environment} in the environment ${job.environment}`),
  );
}
