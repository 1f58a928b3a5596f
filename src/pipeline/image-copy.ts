import { execa } from "execa";
import { oneLine } from "../error-text.js";
import { UserError } from "../user-error.js";
import type { ImageRepository, TaggedImage } from "./image-repository.js";

/** Image to copy to a repository. */
export interface ImageCopy {
  /** Source for skopeo: `oci:image/notejam`, or `docker://<repository>@<digest>`. */
  readonly from: string;
  readonly to: ImageRepository;
  /** Digest of the image, `sha256:…`. Another image is not copied. */
  readonly digest: string;
  /** Tag of the copy. @default none: only the digest names it */
  readonly tag?: string;
}

/** Result of a copy. `already there`: the tag already names this image. */
export type CopyOutcome = "copied" | "already there" | { readonly error: string };

/**
 * Copies an image byte for byte, so that the copy is the image that was scanned and attested.
 *
 * ECR refuses a push to an existing immutable tag, even of the same image. A second run therefore checks the existing
 * tags first.
 *
 * @param present tagged images of the target repository
 * @see https://github.com/aws/containers-roadmap/issues/2179
 */
export async function copyImage(copy: ImageCopy, present: readonly TaggedImage[]): Promise<CopyOutcome> {
  const { from, to, digest, tag } = copy;
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new UserError(`${JSON.stringify(digest)} is not a digest.`, {
      hint: "Set --digest to sha256: and 64 hexadecimal digits.",
    });
  }
  const taken = tag === undefined ? undefined : present.find(({ tags }) => tags.includes(tag))?.digest;
  if (taken === digest) return "already there";
  if (taken !== undefined) {
    return { error: `${to.url}:${tag} is already another image, ${taken}. Tags are never moved.` };
  }
  const found = await skopeo("inspect", "--no-tags", "--format", "{{.Digest}}", from);
  if (found !== digest) return { error: `${from} is ${found}, not ${digest}. Nothing was copied.` };
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
    throw new UserError("skopeo, which copies images, is not installed.", {
      hint: "Install it (on Debian: apt-get install skopeo).",
    });
  }
  throw new UserError(
    `skopeo ${parameters[0]} failed: ${oneLine(stderr || originalMessage || "no output")}.`,
    { hint: "Sign in to the registry first (aws ecr get-login-password | docker login …)." },
  );
}
