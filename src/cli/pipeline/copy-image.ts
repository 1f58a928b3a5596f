import type { Command } from "commander";
import { copyImage } from "../../pipeline/image-copy.js";
import { parseRepository, taggedImages } from "../../pipeline/image-repository.js";
import { UserError } from "../../user-error.js";
import { type CommandContext, printResult } from "../context.js";
import { exitStatusHelp, jsonOption } from "../options.js";

interface CopyImageOptions {
  readonly from: string;
  readonly to: string;
  readonly digest: string;
  readonly tag?: string;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Copies an image byte for byte to a repository. Never moves an existing tag.")
    .requiredOption("--from <image>", "source for skopeo: oci:<folder> or docker://<repository>@<digest>")
    .requiredOption("--to <repository>", "target: <account>.dkr.ecr.<region>.amazonaws.com/<name>")
    .requiredOption("--digest <digest>", "digest of the image")
    .option("--tag <tag>", "tag of the copy (default: none, only the digest)")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Needs skopeo, signed in to the registries, and AWS credentials with ecr:DescribeImages.
JSON: { image, digest, outcome, error }. outcome is "copied", "already there" or null; error is a text or null.
${exitStatusHelp("the tag has another image, or the source is another image")}`,
    )
    .action((options: CopyImageOptions) => copy(options, context));
}

async function copy(options: CopyImageOptions, context: CommandContext): Promise<void> {
  const { from, to, digest, tag } = options;
  const repository = parseRepository(to, "--to");
  const present = tag === undefined ? [] : await taggedImages(repository);
  const result = await copyImage({ from, to: repository, digest, tag }, present);
  const image = tag === undefined ? to : `${to}:${tag}`;
  const error = typeof result === "string" ? null : result.error;
  const outcome = typeof result === "string" ? result : null;
  if (options.json || outcome !== null) {
    printResult(
      context,
      options,
      { image, digest, outcome, error },
      () => `${image}, ${digest}: ${outcome}.`,
    );
  }
  if (error !== null) throw new UserError(error, { exitCode: 1 });
}
