import type { Command } from "commander";
import { parseRepository, taggedImages } from "../../pipeline/image-repository.js";
import { checkPromotion } from "../../pipeline/promotion.js";
import { writeWorkflowOutput } from "../../pipeline/workflow-output.js";
import { UserError } from "../../user-error.js";
import { type CommandContext, printResult } from "../context.js";
import { exitStatusHelp, jsonOption } from "../options.js";

interface PromotionOptions {
  readonly version: string;
  readonly digest: string;
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  const { DEV_REGISTRY, PROD_REGISTRY } = context.env;
  command
    .description("Checks whether an image may be released, and prints the digests of its images.")
    .requiredOption("--version <version>", "version of the release, such as v1.8.0")
    .requiredOption(
      "--digest <digest or tag>",
      "image in the source repository: its digest, or the tag of its build",
    )
    .option("--from <repository>", "source repository (or DEV_REGISTRY)", DEV_REGISTRY)
    .option("--to <repository>", "target repository (or PROD_REGISTRY)", PROD_REGISTRY)
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Needs AWS credentials with ecr:DescribeImages on both repositories.
JSON: { promotion, errors }. promotion has tag, digest, toolsDigest and done (true when both images are released), or
is null; errors is a list.
Workflow outputs: tag, digest, tools-digest and done.
${exitStatusHelp("the image may not be released")}`,
    )
    .action((options: PromotionOptions) => check(options, context));
}

async function check(options: PromotionOptions, context: CommandContext): Promise<void> {
  const { version, digest: image } = options;
  const source = parseRepository(options.from ?? "", "--from (DEV_REGISTRY)");
  const target = parseRepository(options.to ?? "", "--to (PROD_REGISTRY)");
  const [builds, releases] = [await taggedImages(source), await taggedImages(target)];
  const outcome = checkPromotion({ version, image, builds, releases });
  if ("errors" in outcome) {
    const { errors } = outcome;
    if (options.json) printResult(context, options, { promotion: null, errors }, () => "");
    throw new UserError(errors.join("\n"), { exitCode: 1 });
  }
  const { tag, digest, toolsDigest, done } = outcome.promotion;
  writeWorkflowOutput({ tag, digest, "tools-digest": toolsDigest, done: String(done) }, context.env);
  printResult(context, options, { promotion: outcome.promotion, errors: [] }, () =>
    done
      ? `${version} is already ${tag}: nothing to copy.`
      : `${version} may be released: ${tag}, ${digest}, with tools ${toolsDigest}.`,
  );
}
