import type { Command } from "commander";
import { loadConfiguration } from "../config/load.js";
import { readStack, readStacks } from "../terraform/synthesized-stacks.js";
import { deployOrder } from "./deploy-order.js";
import { type WorkflowMatrices, workflowMatrices } from "./environments.js";
import { NOT_SO } from "./exit-status.js";
import { copyImage } from "./image-copy.js";
import { parseRepository, taggedImages } from "./image-repository.js";
import { imageTags } from "./image-tag.js";
import type { Session } from "./pipeline-context.js";
import { PipelineProblem } from "./problem.js";
import { checkPromotion } from "./promotion.js";
import { describeUnlocked, LOCK_FILE, writeStackLocks } from "./provider-locks.js";
import { applyStack } from "./stack-apply.js";
import { writeWorkflowOutput } from "./workflow-output.js";

/** What brings stacks and images to where they run. */
export function addDelivery(command: Command, session: Session): void {
  command
    .command("environments")
    .description("Lists the environments of the workflows' matrices, in the order of deployment.")
    .option("--release-to <id>", "limit releases to this environment (default: all with promotesFrom)", "")
    .option("--environments <folder>", "the environments", "environments")
    .option("--json", "print one JSON object with the lists")
    .addHelpText(
      "after",
      "\nWrites the lists non-production, production, builds and releases to GITHUB_OUTPUT, as JSON.",
    )
    .action((options: EnvironmentsOptions) => listEnvironments(session, options));
  command
    .command("deploy")
    .description("Names the stacks of an environment, each after those whose outputs it reads.")
    .requiredOption("--environment <instance>", "such as dev")
    .option("--app <folder>", "what was synthesized", "cdktf.out")
    .option("--environments <folder>", "the environments", "environments")
    .addHelpText("after", "\nPrints a JSON list; writes stacks to GITHUB_OUTPUT.")
    .action((options: { environment: string; app: string; environments: string }) =>
      deploy(session, options),
    );
  command
    .command("apply")
    .description("Applies a stack in Terraform Cloud, and says what came of it without any value.")
    .requiredOption("--stack <name>", "such as notejam-dev")
    .option("--app <folder>", "what was synthesized", "cdktf.out")
    .option("--locks <file>", "dependency lock file", LOCK_FILE)
    .addHelpText(
      "after",
      "\nThe token comes from TF_TOKEN_app_terraform_io (or the host's own), else from `terraform login`. Nobody is asked any more.",
    )
    .action((options: ApplyOptions) => apply(session, options));
  command
    .command("image-tag")
    .description("Prints the tags of a build's two images: <date>.<branch>-<sha8>-<run id>, and with -tools.")
    .option("--branch <name>", "default: GITHUB_REF_NAME", session.env.GITHUB_REF_NAME ?? "")
    .option("--sha <commit>", "default: GITHUB_SHA", session.env.GITHUB_SHA ?? "")
    .option("--run-id <number>", "default: GITHUB_RUN_ID", session.env.GITHUB_RUN_ID ?? "")
    .option("--date <day>", "YYYY-MM-DD (default: today, UTC)")
    .addHelpText("after", "\nWrites tag and tools-tag to GITHUB_OUTPUT.")
    .action((options: ImageTagOptions) => imageTag(session, options));
  command
    .command("promotion-check")
    .description("Refuses what may not be released, and finds the digests of what may.")
    .requiredOption("--version <version>", "such as v1.8.0")
    .requiredOption(
      "--digest <digest or tag>",
      "the image in dev's repository: its digest, or the tag of its build",
    )
    .option("--from <repository>", "dev's repository (default: DEV_REGISTRY)", session.env.DEV_REGISTRY ?? "")
    .option(
      "--to <repository>",
      "prod's repository (default: PROD_REGISTRY)",
      session.env.PROD_REGISTRY ?? "",
    )
    .addHelpText(
      "after",
      "\nNeeds AWS credentials with ecr:DescribeImages on both. Writes tag, digest, tools-digest and done to GITHUB_OUTPUT.",
    )
    .action((options: PromotionOptions) => promotionCheck(session, options));
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
    .action((options: CopyImageOptions) => copy(session, options));
}

interface EnvironmentsOptions {
  readonly releaseTo: string;
  readonly environments: string;
  readonly json?: boolean;
}

async function listEnvironments(session: Session, options: EnvironmentsOptions): Promise<void> {
  const { environments } = await loadConfiguration(options.environments);
  const matrices = limitReleases(workflowMatrices(environments), options.releaseTo);
  const lists = Object.entries(matrices).map(([name, list]) => [name, JSON.stringify(list)]);
  writeWorkflowOutput(Object.fromEntries(lists), session.env);
  session.print(
    options.json ? JSON.stringify(matrices) : lists.map(([name, list]) => `${name}: ${list}`).join("\n"),
  );
}

/** Limits the releases to one environment, unless its id is empty. */
function limitReleases(matrices: WorkflowMatrices, id: string): WorkflowMatrices {
  if (id === "") return matrices;
  const releases = matrices.releases.filter(({ environment }) => environment === id);
  if (releases.length === 0) {
    const known = matrices.releases.map(({ environment }) => environment).join(", ") || "none";
    throw new PipelineProblem(
      `${JSON.stringify(id)} is not an environment that receives releases.`,
      `Environments with promotesFrom: ${known}.`,
    );
  }
  return { ...matrices, releases };
}

async function deploy(
  session: Session,
  options: { environment: string; app: string; environments: string },
): Promise<void> {
  const { environments } = await loadConfiguration(options.environments);
  const order = deployOrder(options.environment, environments, readStacks(options.app));
  writeWorkflowOutput({ stacks: JSON.stringify(order) }, session.env);
  session.print(JSON.stringify(order));
}

interface ApplyOptions {
  readonly stack: string;
  readonly app: string;
  readonly locks: string;
}

async function apply(session: Session, { stack: name, app, locks }: ApplyOptions): Promise<void> {
  const stack = readStack(app, name);
  const unlocked = writeStackLocks(stack, locks);
  if (unlocked.length > 0) session.complain(describeUnlocked(name, unlocked));
  const outcome = await applyStack({
    stack,
    env: session.env,
    onRun: (url) => session.print(`${name} is applied at ${url}`),
  });
  if ("done" in outcome) {
    session.print(`${name}: ${outcome.done}`);
    return;
  }
  session.status = NOT_SO;
  session.complain(`${name} could not be applied: ${outcome.errors.join(" ")}`);
}

interface ImageTagOptions {
  readonly branch: string;
  readonly sha: string;
  readonly runId: string;
  readonly date?: string;
}

function imageTag(session: Session, { branch, sha, runId, date }: ImageTagOptions): void {
  const day =
    date === undefined ? new Date() : new Date(/^\d{4}-\d{2}-\d{2}$/.test(date) ? date : Number.NaN);
  const { tag, toolsTag } = imageTags({ branch, commit: sha, runId, date: day });
  writeWorkflowOutput({ tag, "tools-tag": toolsTag }, session.env);
  session.print(`${tag}\n${toolsTag}`);
}

interface PromotionOptions {
  readonly version: string;
  readonly digest: string;
  readonly from: string;
  readonly to: string;
}

async function promotionCheck(
  session: Session,
  { version, digest: image, from, to }: PromotionOptions,
): Promise<void> {
  const source = parseRepository(from, "--from (DEV_REGISTRY)");
  const target = parseRepository(to, "--to (PROD_REGISTRY)");
  const [builds, releases] = [await taggedImages(source), await taggedImages(target)];
  const outcome = checkPromotion({ version, image, builds, releases });
  if ("refusals" in outcome) {
    session.status = NOT_SO;
    for (const refusal of outcome.refusals) session.complain(refusal);
    return;
  }
  const { tag, digest, toolsDigest, done } = outcome.promotion;
  writeWorkflowOutput({ tag, digest, "tools-digest": toolsDigest, done: String(done) }, session.env);
  session.print(
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

async function copy(session: Session, { from, to, digest, tag }: CopyImageOptions): Promise<void> {
  const repository = parseRepository(to, "--to");
  const present = tag === undefined ? [] : await taggedImages(repository);
  const outcome = await copyImage({ from, to: repository, digest, tag }, present);
  if (typeof outcome === "string") {
    session.print(`${to}${tag === undefined ? "" : `:${tag}`}, ${digest}: ${outcome}.`);
    return;
  }
  session.status = NOT_SO;
  session.complain(outcome.refusal);
}
