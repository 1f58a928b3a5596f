import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";

const Text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const StepSchema = z.object({
  id: z.string().optional(),
  if: Text.optional(),
  name: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  shell: z.string().optional(),
  with: z
    .record(z.string(), Text)
    .nullish()
    .transform((given) => given ?? {}),
  env: z.record(z.string(), Text).default({}),
});

const JobSchema = z.object({
  if: Text.optional(),
  needs: z.union([z.string().transform((name) => [name]), z.array(z.string())]).default([]),
  environment: z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]).optional(),
  strategy: z
    .object({
      "max-parallel": z.number().optional(),
      // GitHub evaluates a string as an expression.
      matrix: z.union([z.string(), z.record(z.string(), z.unknown())]),
    })
    .optional(),
  permissions: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
  concurrency: z
    .union([z.string(), z.object({ group: z.string(), "cancel-in-progress": Text.default("false") })])
    .optional(),
  "timeout-minutes": z.number().optional(),
  outputs: z.record(z.string(), z.string()).default({}),
  env: z.record(z.string(), Text).default({}),
  steps: z.array(StepSchema).default([]),
  uses: z.string().optional(),
});

const WorkflowSchema = z.object({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: z.unknown().optional(),
  defaults: z.object({ run: z.object({ shell: z.string() }) }).optional(),
  jobs: z.record(z.string(), JobSchema),
});

const ActionSchema = z.object({
  name: z.string(),
  inputs: z.record(z.string(), z.unknown()).default({}),
  runs: z.object({ using: z.literal("composite"), steps: z.array(StepSchema) }),
});

/** Step of a job or a local action. */
export type Step = z.output<typeof StepSchema>;

/** Job of a workflow. */
export type Job = z.output<typeof JobSchema>;

/** Workflow file of the repository. */
export interface WorkflowFile {
  readonly path: string;
  readonly text: string;
  readonly workflow: z.output<typeof WorkflowSchema>;
}

/** Local action file of the repository. */
export interface ActionFile {
  readonly path: string;
  readonly text: string;
  readonly action: z.output<typeof ActionSchema>;
}

/** Job with its location for messages, such as `deploy.yaml, job prod`. */
export interface NamedJob {
  readonly id: string;
  readonly where: string;
  readonly job: Job;
}

/** Reads a workflow, optionally from a changed text. */
export function readWorkflow(path: string, text = readFileSync(path, "utf8")): WorkflowFile {
  return { path, text, workflow: WorkflowSchema.parse(parse(text)) };
}

/** Reads a local action. */
export function readAction(path: string, text = readFileSync(path, "utf8")): ActionFile {
  return { path, text, action: ActionSchema.parse(parse(text)) };
}

/** Paths of the repository's workflows. */
export function workflowPaths(): string[] {
  return readdirSync(".github/workflows").map((name) => join(".github/workflows", name));
}

/** Paths of the repository's local actions. */
export function actionPaths(): string[] {
  return readdirSync(".github/actions").map((name) => join(".github/actions", name, "action.yaml"));
}

/** Jobs of a workflow. */
export function jobsOf({ path, workflow }: WorkflowFile): NamedJob[] {
  return Object.entries(workflow.jobs).map(([id, job]) => ({ id, job, where: `${path}, job ${id}` }));
}

/** All steps, with their locations for messages. */
export function stepsOf(file: WorkflowFile | ActionFile): { readonly where: string; readonly step: Step }[] {
  if ("action" in file) return named(file.path, file.action.runs.steps);
  return jobsOf(file).flatMap(({ where, job }) => named(where, job.steps));
}

function named(where: string, steps: readonly Step[]) {
  return steps.map((step, index) => ({ where: `${where}, step ${step.name ?? step.id ?? index + 1}`, step }));
}
