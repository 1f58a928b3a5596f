import { readFileSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { z } from "zod";
import { loadConfiguration } from "../config/load.js";
import { BOOTSTRAP_STACK } from "../config/names.js";
import { ConfigurationError } from "../config/problem.js";
import { changedStacks } from "./changed-stacks.js";
import { commentBody, type WorkflowRun } from "./comment-body.js";
import { deployOrder } from "./deploy-order.js";
import { differing, driftBody, putDriftIssue } from "./drift-issue.js";
import { GitHub, gitHubSettings } from "./github.js";
import { copyImage } from "./image-copy.js";
import { parseRepository, taggedImages } from "./image-repository.js";
import { imageTags } from "./image-tag.js";
import { parsePlan } from "./plan-json.js";
import { oneLine, PipelineProblem, reasonOf } from "./problem.js";
import { checkPromotion } from "./promotion.js";
import { authorOf, putComment } from "./pull-request-comment.js";
import { speculativePlan } from "./speculative-plan.js";
import {
  changesNothing,
  readSummaries,
  type Summary,
  summarize,
  summarizeFailure,
  writeSummary,
} from "./summary.js";
import { readSynthesizedOutput, synthesizedStack } from "./synthesized-output.js";
import { writeWorkflowOutput } from "./workflow-output.js";

/** Everything is as it should be. */
const FINE = 0;
/** What was checked is not so, or the plan has errors. */
const NOT_SO = 1;
/** Wrong use or input, or a service out of reach: nothing was found out. */
const NOT_DONE = 2;

const print = (text: string) => void process.stdout.write(`${text}\n`);

function program(): Command {
  const command = new Command("npm run pipeline --")
    .description(
      "What the workflows do, for people too. Ends with 0, 1 (it is not so) or 2 (it could not be found out).",
    )
    .exitOverride()
    .configureOutput({ writeErr: (text) => void process.stderr.write(`${oneLine(text)}\n`) });
  addPlanning(command);
  addReporting(command);
  addDelivery(command);
  return command;
}

function addPlanning(command: Command): void {
  command
    .command("changed-stacks")
    .description("Names the stacks whose configuration differs between two synthesized outputs.")
    .requiredOption("--base <folder>", "what was synthesized before the change")
    .requiredOption("--head <folder>", "what was synthesized with it")
    .option("--json", "print one JSON object: changed, added, removed")
    .addHelpText(
      "after",
      "\nWrites stacks (changed and added), by-people (those of them that pipelines cannot plan) and removed to GITHUB_OUTPUT, as JSON.",
    )
    .action((options: { base: string; head: string; json?: boolean }) => showChanges(options));
  command
    .command("plan")
    .description(
      "Plans a stack in Terraform Cloud, where nothing can be applied by it, and writes a summary.",
    )
    .requiredOption("--stack <name>", "such as notejam-dev")
    .requiredOption("--out <file>", "where the summary goes")
    .option("--app <folder>", "what was synthesized", "cdktf.out")
    .addHelpText(
      "after",
      "\nThe token comes from TF_TOKEN_app_terraform_io (or the host's own), else from `terraform login`.",
    )
    .action((options: { stack: string; out: string; app: string }) => plan(options));
  command
    .command("summarize")
    .description("Writes the same summary from the output of `terraform show -json <plan file>`.")
    .requiredOption("--plan <file>", "the plan in JSON; - for the standard input")
    .requiredOption("--stack <name>", "such as notejam-dev")
    .requiredOption("--out <file>", "where the summary goes")
    .action((options: { plan: string; stack: string; out: string }) => summarizeFile(options));
}

function addReporting(command: Command): void {
  command
    .command("comment")
    .description("Makes the one comment of a pull request from its summaries, or brings it up to date.")
    .requiredOption("--summaries <folder>", "where the summaries lie, also in folders of it")
    .option("--pull-request <number>", "whose comment", positiveInteger)
    .option(
      "--stacks <json>",
      "stacks that were to be planned: one without a summary counts as failed",
      stackNames,
      [],
    )
    .option("--removed <json>", "stacks that are no longer in the code", stackNames, [])
    .option("--by-people <json>", "stacks that change, too, and that pipelines cannot plan", stackNames, [])
    .option("--commit <sha>", "the commit that was planned", process.env.GITHUB_SHA)
    .option("--author <login>", "whose comment it is (default: the token's owner)")
    .option("--dry-run", "print the comment, and write none")
    .addHelpText("after", "\nNeeds GITHUB_TOKEN and GITHUB_REPOSITORY; GITHUB_API_URL names another GitHub.")
    .action((options: CommentOptions) => comment(options));
  command
    .command("drift")
    .description("Opens, updates or closes the one issue about stacks that differ from the code.")
    .requiredOption("--summaries <folder>", "where the summaries lie, one of every stack")
    .option(
      "--stacks <json>",
      "stacks that were to be planned: one without a summary counts as failed",
      stackNames,
      [],
    )
    .option("--author <login>", "whose issue it is (default: the token's owner)")
    .option("--dry-run", "print the issue, and write none")
    .addHelpText("after", "\nNeeds GITHUB_TOKEN and GITHUB_REPOSITORY. Ends with 1 when something differs.")
    .action((options: DriftOptions) => drift(options));
}

function addDelivery(command: Command): void {
  command
    .command("deploy")
    .description("Names the stacks of an environment, each after those whose outputs it reads.")
    .requiredOption("--environment <instance>", "such as dev")
    .option("--app <folder>", "what was synthesized", "cdktf.out")
    .option("--environments <folder>", "the environments", "environments")
    .addHelpText("after", "\nPrints a JSON list; writes stacks to GITHUB_OUTPUT.")
    .action((options: { environment: string; app: string; environments: string }) => deploy(options));
  command
    .command("image-tag")
    .description("Prints the tags of a build's two images: <date>.<branch>-<sha8>-<run id>, and with -tools.")
    .option("--branch <name>", "default: GITHUB_REF_NAME", process.env.GITHUB_REF_NAME ?? "")
    .option("--sha <commit>", "default: GITHUB_SHA", process.env.GITHUB_SHA ?? "")
    .option("--run-id <number>", "default: GITHUB_RUN_ID", process.env.GITHUB_RUN_ID ?? "")
    .option("--date <day>", "YYYY-MM-DD (default: today, UTC)")
    .addHelpText("after", "\nWrites tag and tools-tag to GITHUB_OUTPUT.")
    .action((options: ImageTagOptions) => imageTag(options));
  command
    .command("promotion-check")
    .description("Refuses what may not be released, and finds the digests of what may.")
    .requiredOption("--version <version>", "such as v1.8.0")
    .requiredOption(
      "--digest <digest or tag>",
      "the image in dev's repository: its digest, or the tag of its build",
    )
    .option("--from <repository>", "dev's repository (default: DEV_REGISTRY)", process.env.DEV_REGISTRY ?? "")
    .option(
      "--to <repository>",
      "prod's repository (default: PROD_REGISTRY)",
      process.env.PROD_REGISTRY ?? "",
    )
    .addHelpText(
      "after",
      "\nNeeds AWS credentials with ecr:DescribeImages on both. Writes tag, digest, tools-digest and done to GITHUB_OUTPUT.",
    )
    .action((options: PromotionOptions) => promotionCheck(options));
  command
    .command("copy-image")
    .description("Copies an image byte for byte into a repository; a tag that is taken is never moved.")
    .requiredOption("--from <image>", "as skopeo names it: oci:<folder> or docker://<repository>@<digest>")
    .requiredOption("--to <repository>", "<account>.dkr.ecr.<region>.amazonaws.com/<name>")
    .requiredOption("--digest <digest>", "the image that is meant")
    .option("--tag <tag>", "the tag that it gets there (default: none, the digest names it)")
    .addHelpText(
      "after",
      "\nNeeds skopeo, signed in to the registries, and AWS credentials with ecr:DescribeImages.",
    )
    .action((options: CopyImageOptions) => copy(options));
}

function showChanges(options: { base: string; head: string; json?: boolean }): void {
  const changes = changedStacks(options.base, options.head);
  const all = [...changes.changed, ...changes.added].sort();
  const [byPeople, toPlan] = [all.filter(isForPeople), all.filter((name) => !isForPeople(name))];
  writeWorkflowOutput({
    stacks: JSON.stringify(toPlan),
    "by-people": JSON.stringify(byPeople),
    removed: JSON.stringify(changes.removed),
  });
  if (options.json) {
    print(JSON.stringify(changes));
    return;
  }
  const notes = [
    ...changes.changed.map((name) => ({ name, note: "" })),
    ...changes.added.map((name) => ({ name, note: " (added)" })),
    ...changes.removed.map((name) => ({ name, note: " (removed)" })),
  ].sort((one, other) => one.name.localeCompare(other.name));
  for (const { name, note } of notes) print(name + note);
}

/** The pipelines' tokens do not reach the workspace that makes them. */
function isForPeople(stack: string): boolean {
  return stack === BOOTSTRAP_STACK;
}

async function plan({ stack: name, out, app }: { stack: string; out: string; app: string }): Promise<void> {
  const stack = synthesizedStack(app, name);
  try {
    const summary = await speculativePlan({ stack, onRun: (url) => print(`${name} is planned at ${url}`) });
    writeSummary(out, summary);
    finish(summary);
  } catch (error) {
    // The comment should say why there is no plan.
    if (error instanceof PipelineProblem)
      writeSummary(out, summarizeFailure(name, "missing", [error.message]));
    throw error;
  }
}

function summarizeFile(options: { plan: string; stack: string; out: string }): void {
  const from = options.plan === "-" ? "The standard input" : options.plan;
  const summary = summarize(options.stack, parsePlan(readInput(options.plan), from));
  writeSummary(options.out, summary);
  finish(summary);
}

/** Says in a line what a plan would do; the exit status tells whether it failed. */
function finish(summary: Summary): void {
  const { stack, status, counts, errors } = summary;
  if (status !== "planned") {
    process.exitCode = NOT_SO;
    process.stderr.write(`${stack} could not be planned: ${errors.join(" ")}\n`);
  } else if (changesNothing(summary)) {
    print(`${stack}: no changes`);
  } else {
    const replaced = counts.replace > 0 ? ` (${counts.replace} replaced)` : "";
    print(
      `${stack}: ${counts.add} to add, ${counts.change} to change, ${counts.destroy} to destroy${replaced}`,
    );
  }
}

function readInput(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new PipelineProblem(`The plan cannot be read: ${reasonOf(error)}.`, "Name the file with --plan.");
  }
}

interface CommentOptions {
  readonly summaries: string;
  readonly pullRequest?: number;
  readonly stacks: readonly string[];
  readonly removed: readonly string[];
  readonly byPeople: readonly string[];
  readonly commit?: string;
  readonly author?: string;
  readonly dryRun?: boolean;
}

async function comment(options: CommentOptions): Promise<void> {
  const summaries = readSummaries(options.summaries, options.stacks);
  const run = workflowRun();
  const body = commentBody({ ...options, summaries, run, commit: options.commit });
  if (options.dryRun) {
    print(body);
  } else {
    const pullRequest = options.pullRequest;
    if (pullRequest === undefined) {
      throw new PipelineProblem(
        "It is not said whose comment it is.",
        "Name the pull request with --pull-request.",
      );
    }
    const github = new GitHub(gitHubSettings());
    const author = options.author ?? (await authorOf(github));
    const worthMaking = [summaries, options.removed, options.byPeople].some(({ length }) => length > 0);
    const { did, url } = await putComment(github, { pullRequest, body, run, author, worthMaking });
    print(`The comment: ${did}. ${url}`.trim());
  }
  failIfUnplanned(summaries);
}

function failIfUnplanned(summaries: readonly Summary[]): void {
  const failed = summaries.filter(({ status }) => status !== "planned").map(({ stack }) => stack);
  if (failed.length === 0) return;
  process.exitCode = NOT_SO;
  process.stderr.write(`Without a plan: ${failed.join(", ")}.\n`);
}

interface DriftOptions {
  readonly summaries: string;
  readonly stacks: readonly string[];
  readonly author?: string;
  readonly dryRun?: boolean;
}

async function drift(options: DriftOptions): Promise<void> {
  const summaries = readSummaries(options.summaries, options.stacks);
  if (summaries.length === 0) {
    throw new PipelineProblem(
      `${options.summaries} holds no summary, so nothing is known about drift.`,
      "Plan every stack first, or name the stacks with --stacks.",
    );
  }
  const different = differing(summaries);
  if (options.dryRun) {
    print(different.length === 0 ? "Nothing differs." : driftBody(different, runUrl()));
  } else {
    const github = new GitHub(gitHubSettings());
    const author = options.author ?? (await authorOf(github));
    const { did, url } = await putDriftIssue(github, { summaries, author, runUrl: runUrl() });
    print(`The issue: ${did}. ${url}`.trim());
  }
  if (different.length > 0) process.exitCode = NOT_SO;
}

async function deploy(options: { environment: string; app: string; environments: string }): Promise<void> {
  const { environments } = await loadConfiguration(options.environments);
  const order = deployOrder(options.environment, environments, readSynthesizedOutput(options.app));
  writeWorkflowOutput({ stacks: JSON.stringify(order) });
  print(JSON.stringify(order));
}

interface ImageTagOptions {
  readonly branch: string;
  readonly sha: string;
  readonly runId: string;
  readonly date?: string;
}

function imageTag({ branch, sha, runId, date }: ImageTagOptions): void {
  const day =
    date === undefined ? new Date() : new Date(/^\d{4}-\d{2}-\d{2}$/.test(date) ? date : Number.NaN);
  const { tag, toolsTag } = imageTags({ branch, commit: sha, runId, date: day });
  writeWorkflowOutput({ tag, "tools-tag": toolsTag });
  print(`${tag}\n${toolsTag}`);
}

interface PromotionOptions {
  readonly version: string;
  readonly digest: string;
  readonly from: string;
  readonly to: string;
}

async function promotionCheck({ version, digest: image, from, to }: PromotionOptions): Promise<void> {
  const source = parseRepository(from, "--from (DEV_REGISTRY)");
  const target = parseRepository(to, "--to (PROD_REGISTRY)");
  const [builds, releases] = [await taggedImages(source), await taggedImages(target)];
  const outcome = checkPromotion({ version, image, builds, releases });
  if ("refusals" in outcome) {
    process.exitCode = NOT_SO;
    for (const refusal of outcome.refusals) process.stderr.write(`${refusal}\n`);
    return;
  }
  const { tag, digest, toolsDigest, done } = outcome.promotion;
  writeWorkflowOutput({ tag, digest, "tools-digest": toolsDigest, done: String(done) });
  print(
    done
      ? `${version} is ${tag} already: there is nothing left to copy.`
      : `${version} may be released: ${tag}, ${digest}, with tools ${toolsDigest}.`,
  );
}

interface CopyImageOptions {
  readonly from: string;
  readonly to: string;
  readonly digest: string;
  readonly tag?: string;
}

async function copy({ from, to, digest, tag }: CopyImageOptions): Promise<void> {
  const repository = parseRepository(to, "--to");
  const present = tag === undefined ? [] : await taggedImages(repository);
  const outcome = await copyImage({ from, to: repository, digest, tag }, present);
  if (typeof outcome === "string") {
    print(`${to}${tag === undefined ? "" : `:${tag}`}, ${digest}: ${outcome}.`);
    return;
  }
  process.exitCode = NOT_SO;
  process.stderr.write(`${outcome.refusal}\n`);
}

/** The present run of the workflow; by hand it is later than none. */
function workflowRun(env: NodeJS.ProcessEnv = process.env): WorkflowRun {
  return { number: Number(env.GITHUB_RUN_NUMBER ?? 0), attempt: Number(env.GITHUB_RUN_ATTEMPT ?? 0) };
}

function runUrl(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = env;
  return server && repository && id ? `${server}/${repository}/actions/runs/${id}` : undefined;
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1.");
  return Number(text);
}

function stackNames(text: string): string[] {
  try {
    return z.array(z.string().regex(/^[a-z0-9][a-z0-9-]{0,89}$/)).parse(JSON.parse(text));
  } catch {
    throw new InvalidArgumentError('It must be a JSON list of stacks\' names, such as ["notejam-dev"].');
  }
}

async function main(): Promise<void> {
  // Whoever read our lines is gone (`| head`): go on, and end with the status of the work.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  try {
    await program().parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    const message = messageOf(error);
    if (message !== undefined) process.stderr.write(`${message}\n`);
  }
}

function exitCodeOf(error: unknown): number {
  // Help and version are asked for, not mistaken.
  return error instanceof CommanderError && error.exitCode === 0 ? FINE : NOT_DONE;
}

/** What still has to be said; commander has said its part. */
function messageOf(error: unknown): string | undefined {
  if (error instanceof CommanderError) return undefined;
  if (error instanceof PipelineProblem || error instanceof ConfigurationError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

await main();
