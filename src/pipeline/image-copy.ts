import { execa } from "execa";
import type { ImageRepository, TaggedImage } from "./image-repository.js";
import { oneLine, PipelineProblem } from "./problem.js";

/** An image on its way into a repository. */
export interface ImageCopy {
  /** Where it is, as skopeo names it: `oci:image/notejam`, or `docker://<repository>@<digest>`. */
  readonly from: string;
  readonly to: ImageRepository;
  /** The image that is meant, `sha256:…`; no other is copied. */
  readonly digest: string;
  /** The tag that it gets there. @default none: the digest alone names it */
  readonly tag?: string;
}

/** What became of a copy: `there` when the tag names this very image already. */
export type CopyOutcome = "copied" | "there" | { readonly refusal: string };

/**
 * Copies an image byte for byte: what was scanned and attested is what arrives.
 *
 * ECR refuses a push to a tag that exists in a repository of immutable tags, of the same image too. So a run that is started
 * again first looks what is there.
 *
 * @param present the tagged images of the repository that it goes to
 * @see https://github.com/aws/containers-roadmap/issues/2179
 */
export async function copyImage(copy: ImageCopy, present: readonly TaggedImage[]): Promise<CopyOutcome> {
  const { from, to, digest, tag } = copy;
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new PipelineProblem(
      `${JSON.stringify(digest)} is not a digest.`,
      "Give sha256: and 64 hexadecimal digits by --digest.",
    );
  }
  const taken = tag === undefined ? undefined : present.find(({ tags }) => tags.includes(tag))?.digest;
  if (taken === digest) return "there";
  if (taken !== undefined) {
    return { refusal: `${to.url}:${tag} is another image already, ${taken}: tags are never moved.` };
  }
  const found = await skopeo("inspect", "--no-tags", "--format", "{{.Digest}}", from);
  if (found !== digest) return { refusal: `${from} is ${found}, not ${digest}: nothing was copied.` };
  const target = tag === undefined ? `${to.url}@${digest}` : `${to.url}:${tag}`;
  await skopeo("copy", "--all", "--preserve-digests", from, `docker://${target}`);
  return "copied";
}

async function skopeo(...parameters: readonly string[]): Promise<string> {
  const { failed, code, stdout, stderr, originalMessage } = await execa("skopeo", parameters, {
    reject: false,
  });
  if (!failed) return stdout.trim();
  if (code === "ENOENT") {
    throw new PipelineProblem(
      "Images are copied by skopeo, which is not here.",
      "Install it (on Debian: apt-get install skopeo).",
    );
  }
  throw new PipelineProblem(
    `skopeo ${parameters[0]} failed: ${oneLine(stderr || originalMessage || "it said nothing")}.`,
    "Sign in to the registry first (aws ecr get-login-password | docker login …).",
  );
}
