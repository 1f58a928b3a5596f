import { UserError } from "../user-error.js";

/** Build that a tag describes. */
export interface Build {
  /** Git branch of the build. */
  readonly branch: string;
  /** Full commit: 40 hexadecimal digits. */
  readonly commit: string;
  /** Id of the workflow run of the build. A later run has a larger id. */
  readonly runId: string;
  /** Day of the build, in UTC. */
  readonly date: Date;
}

/** Tags of the two images of a build. */
export interface ImageTags {
  /** The application. */
  readonly tag: string;
  /** The application with PostgreSQL's client tools, for backups. */
  readonly toolsTag: string;
}

/** Suffix of the second image's tags. */
export const TOOLS_SUFFIX = "-tools";

/** A tag may have 128 characters, of which the other parts need at most 47. */
const LONGEST_BRANCH = 80;

/**
 * Returns the tags of a build: day, branch, commit and run.
 *
 * Flux deploys only tags of `main`, so the tag of another branch must not contain it as the branch: characters that are
 * not allowed in a tag become hyphens, and none is removed.
 */
export function imageTags({ branch, commit, runId, date }: Build): ImageTags {
  requireThat(branch !== "", `The branch is empty.`, "--branch or GITHUB_REF_NAME");
  requireThat(
    /^[0-9a-f]{40}$/.test(commit),
    `${JSON.stringify(commit)} is not a full commit of 40 hexadecimal digits.`,
    "--sha or GITHUB_SHA",
  );
  requireThat(
    /^[1-9][0-9]{0,18}$/.test(runId),
    `${JSON.stringify(runId)} is not the id of a workflow run.`,
    "--run-id or GITHUB_RUN_ID",
  );
  requireThat(!Number.isNaN(date.getTime()), "The date is not valid.", "--date as YYYY-MM-DD");
  const day = date.toISOString().slice(0, 10);
  const written = branch.replaceAll(/[^A-Za-z0-9_-]/g, "-").slice(0, LONGEST_BRANCH);
  const tag = `${day}.${written}-${commit.slice(0, 8)}-${runId}`;
  return { tag, toolsTag: `${tag}${TOOLS_SUFFIX}` };
}

function requireThat(condition: boolean, what: string, where: string): void {
  if (!condition)
    throw new UserError(`The image cannot be tagged: ${what}`, { hint: `Set it with ${where}.` });
}

/** Returns whether a tag is one of `imageTags` for a build of main, without the tools. */
export function isTagOfMain(tag: string): boolean {
  return /^\d{4}-\d{2}-\d{2}\.main-[0-9a-f]{8}-[1-9]\d*$/.test(tag);
}
