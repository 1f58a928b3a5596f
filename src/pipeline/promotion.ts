import type { TaggedImage } from "./image-repository.js";
import { isTagOfMain, TOOLS_SUFFIX } from "./image-tag.js";

/** Requested release. */
export interface PromotionRequest {
  /** Version, such as `v1.8.0`. */
  readonly version: string;
  /** Digest of the application's image, or a tag of it in dev's repository. */
  readonly image: string;
  /** Tagged images of dev's repository. */
  readonly builds: readonly TaggedImage[];
  /** Tagged images of prod's repository. */
  readonly releases: readonly TaggedImage[];
}

/** Images to copy. */
export interface Promotion {
  /** The build's tag in dev's repository. */
  readonly tag: string;
  readonly digest: string;
  readonly toolsDigest: string;
  /** True if both images already have the version, for example in a second run. */
  readonly done: boolean;
}

/** Result of the check: all reasons against the release, or the images to copy. */
export type PromotionOutcome = { readonly errors: readonly string[] } | { readonly promotion: Promotion };

/** A release version. Pre-releases are not allowed: test them in dev. */
const VERSION = /^v(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Checks whether an image may be released as a version, and finds the images to copy. */
export function checkPromotion({ version, image, builds, releases }: PromotionRequest): PromotionOutcome {
  const build = buildOf(image, builds);
  const tools = build.tag === undefined ? undefined : tagged(builds, build.tag + TOOLS_SUFFIX);
  const isVersion = partsOf(version) !== undefined;
  const taken = isVersion ? tagged(releases, version) : undefined;
  const toolsTaken = isVersion ? tagged(releases, version + TOOLS_SUFFIX) : undefined;
  const errors = [
    ...build.errors,
    ...versionErrors(version, releases),
    ...(build.tag !== undefined && tools === undefined
      ? [
          `The build has no image ${build.tag}${TOOLS_SUFFIX}, which backups need. Wait until the workflow \`image\` has ended.`,
        ]
      : []),
    ...takenErrors(version, taken, build.digest),
    ...takenErrors(version + TOOLS_SUFFIX, toolsTaken, tools?.digest),
  ];
  const { tag, digest } = build;
  if (errors.length > 0 || tag === undefined || digest === undefined || tools === undefined) {
    return { errors };
  }
  const done = taken !== undefined && toolsTaken !== undefined;
  return { promotion: { tag, digest, toolsDigest: tools.digest, done } };
}

interface Build {
  readonly tag: string | undefined;
  readonly digest: string | undefined;
  readonly errors: readonly string[];
}

function buildOf(image: string, builds: readonly TaggedImage[]): Build {
  const found = builds.find(({ digest, tags }) => digest === image || tags.includes(image));
  if (found === undefined) {
    const what = DIGEST.test(image) ? "digest" : "tag";
    const why =
      what === "digest" || isTagOfMain(image)
        ? `the source repository has no image with the ${what} ${image}; only its images can be released`
        : `${JSON.stringify(image)} is neither a digest (sha256: and 64 hexadecimal digits) nor a tag of a build of main`;
    return { tag: undefined, digest: undefined, errors: [`${capital(why)}.`] };
  }
  const tag = found.tags.includes(image) ? image : found.tags.find(isTagOfMain);
  if (tag === undefined || !isTagOfMain(tag)) {
    return {
      tag: undefined,
      digest: found.digest,
      errors: [
        `${image} is not the application's image of a build of main; its tags are ${found.tags.join(", ")}.`,
      ],
    };
  }
  return { tag, digest: found.digest, errors: [] };
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function versionErrors(version: string, releases: readonly TaggedImage[]): string[] {
  if (partsOf(version) === undefined) {
    return [
      `${JSON.stringify(version)} is not a version. Use the form v1.8.0, without leading zeros and suffixes.`,
    ];
  }
  const newest = newestOf(releases);
  // A second run may complete the newest release. takenErrors compares the images.
  if (newest === undefined || newest === version || compareVersions(version, newest) > 0) return [];
  return [`${version} is not newer than ${newest}, the newest release. Production runs the highest version.`];
}

function takenErrors(tag: string, taken: TaggedImage | undefined, digest: string | undefined): string[] {
  if (taken === undefined || digest === undefined || taken.digest === digest) return [];
  return [`${tag} is already another image, ${taken.digest}. Tags are never moved: choose the next version.`];
}

function tagged(images: readonly TaggedImage[], tag: string): TaggedImage | undefined {
  return images.find(({ tags }) => tags.includes(tag));
}

function newestOf(images: readonly TaggedImage[]): string | undefined {
  return images
    .flatMap(({ tags }) => tags)
    .filter((tag) => partsOf(tag) !== undefined)
    .sort(compareVersions)
    .at(-1);
}

function partsOf(version: string): number[] | undefined {
  return VERSION.exec(version)?.slice(1).map(Number);
}

function compareVersions(one: string, other: string): number {
  const [left = [], right = []] = [partsOf(one), partsOf(other)];
  const index = left.findIndex((part, position) => part !== right[position]);
  return index < 0 ? 0 : (left[index] ?? 0) - (right[index] ?? 0);
}
