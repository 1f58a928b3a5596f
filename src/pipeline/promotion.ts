import type { TaggedImage } from "./image-repository.js";
import { isTagOfMain, TOOLS_SUFFIX } from "./image-tag.js";

/** What somebody wants to release. */
export interface PromotionRequest {
  /** Such as `v1.8.0`. */
  readonly version: string;
  /** Digest of the application's image, or a tag of it in dev's repository. */
  readonly image: string;
  /** Tagged images of the repository that builds go to. */
  readonly builds: readonly TaggedImage[];
  /** Tagged images of the repository that releases go to. */
  readonly releases: readonly TaggedImage[];
}

/** What has to be copied. */
export interface Promotion {
  /** The build's tag in dev's repository. */
  readonly tag: string;
  readonly digest: string;
  readonly toolsDigest: string;
  /** Whether both images have the version already: a run that is started again finds its work done. */
  readonly done: boolean;
}

/** What becomes of a request: it is refused with every reason, or this is to be copied. */
export type PromotionOutcome = { readonly refusals: readonly string[] } | { readonly promotion: Promotion };

/** Releases are whole versions: what is tried out is tried in dev. */
const VERSION = /^v(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Says whether an image may be released under a version, and which images that means. */
export function checkPromotion({ version, image, builds, releases }: PromotionRequest): PromotionOutcome {
  const build = buildOf(image, builds);
  const tools = build.tag === undefined ? undefined : tagged(builds, build.tag + TOOLS_SUFFIX);
  const isVersion = partsOf(version) !== undefined;
  const taken = isVersion ? tagged(releases, version) : undefined;
  const toolsTaken = isVersion ? tagged(releases, version + TOOLS_SUFFIX) : undefined;
  const refusals = [
    ...build.refusals,
    ...versionRefusals(version, releases),
    ...(build.tag !== undefined && tools === undefined
      ? [
          `The build has no second image ${build.tag}${TOOLS_SUFFIX}, which backups need: let the workflow \`image\` end.`,
        ]
      : []),
    ...takenRefusals(version, taken, build.digest),
    ...takenRefusals(version + TOOLS_SUFFIX, toolsTaken, tools?.digest),
  ];
  const { tag, digest } = build;
  if (refusals.length > 0 || tag === undefined || digest === undefined || tools === undefined) {
    return { refusals };
  }
  const done = taken !== undefined && toolsTaken !== undefined;
  return { promotion: { tag, digest, toolsDigest: tools.digest, done } };
}

interface Build {
  readonly tag: string | undefined;
  readonly digest: string | undefined;
  readonly refusals: readonly string[];
}

function buildOf(image: string, builds: readonly TaggedImage[]): Build {
  const found = builds.find(({ digest, tags }) => digest === image || tags.includes(image));
  if (found === undefined) {
    const what = DIGEST.test(image) ? "digest" : "tag";
    const why =
      what === "digest" || isTagOfMain(image)
        ? `dev's repository has no image with the ${what} ${image}: only what dev ran can be released`
        : `${JSON.stringify(image)} is neither a digest (sha256: and 64 hexadecimal digits) nor a tag of a build of main`;
    return { tag: undefined, digest: undefined, refusals: [`${capital(why)}.`] };
  }
  const tag = found.tags.includes(image) ? image : found.tags.find(isTagOfMain);
  if (tag === undefined || !isTagOfMain(tag)) {
    return {
      tag: undefined,
      digest: found.digest,
      refusals: [
        `${image} is not the application's image of a build of main; its tags are ${found.tags.join(", ")}.`,
      ],
    };
  }
  return { tag, digest: found.digest, refusals: [] };
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function versionRefusals(version: string, releases: readonly TaggedImage[]): string[] {
  if (partsOf(version) === undefined) {
    return [
      `${JSON.stringify(version)} is not a version: it has the form v1.8.0, without zeros in front and without more behind.`,
    ];
  }
  const newest = newestOf(releases);
  // The newest itself may be finished by a second run; whether it is the same image is asked elsewhere.
  if (newest === undefined || newest === version || compareVersions(version, newest) > 0) return [];
  return [
    `${version} is not newer than ${newest}, the newest release: production follows the highest version.`,
  ];
}

function takenRefusals(tag: string, taken: TaggedImage | undefined, digest: string | undefined): string[] {
  if (taken === undefined || digest === undefined || taken.digest === digest) return [];
  return [
    `${tag} is taken by another image, ${taken.digest}: tags are never moved, choose the next version.`,
  ];
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
