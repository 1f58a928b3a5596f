import { PipelineProblem } from "./problem.js";

/** What a tag says about a build. */
export interface Build {
  /** Branch it was built from, as Git names it. */
  readonly branch: string;
  /** Full commit: 40 hexadecimal digits. */
  readonly commit: string;
  /** Run of the workflow that built it; of two builds the later has the larger one. */
  readonly runId: string;
  /** Day of the build; UTC counts. */
  readonly date: Date;
}

/** The tags of a build's two images. */
export interface ImageTags {
  /** The application. */
  readonly tag: string;
  /** The application with PostgreSQL's client tools, for backups. */
  readonly toolsTag: string;
}

/** What the second image's tags end with. */
export const TOOLS_SUFFIX = "-tools";

/** A tag may have 128 characters; the rest of ours needs 47 at most. */
const LONGEST_BRANCH = 80;

/**
 * Tags by which a build is found again: day, branch, commit and run.
 *
 * Flux follows the tags of `main` alone, so no other branch may ever be written as `main`: characters that a tag cannot
 * have become hyphens, and none is dropped.
 */
export function imageTags({ branch, commit, runId, date }: Build): ImageTags {
  refuseUnless(branch !== "", `The branch is empty.`, "--branch or GITHUB_REF_NAME");
  refuseUnless(
    /^[0-9a-f]{40}$/.test(commit),
    `${JSON.stringify(commit)} is not a full commit of 40 hexadecimal digits.`,
    "--sha or GITHUB_SHA",
  );
  refuseUnless(
    /^[1-9][0-9]{0,18}$/.test(runId),
    `${JSON.stringify(runId)} is not the id of a workflow's run.`,
    "--run-id or GITHUB_RUN_ID",
  );
  refuseUnless(!Number.isNaN(date.getTime()), "That is not a date.", "--date as YYYY-MM-DD");
  const day = date.toISOString().slice(0, 10);
  const written = branch.replaceAll(/[^A-Za-z0-9_-]/g, "-").slice(0, LONGEST_BRANCH);
  const tag = `${day}.${written}-${commit.slice(0, 8)}-${runId}`;
  return { tag, toolsTag: `${tag}${TOOLS_SUFFIX}` };
}

function refuseUnless(condition: boolean, what: string, where: string): void {
  if (!condition) throw new PipelineProblem(`The image cannot be tagged: ${what}`, `Give it by ${where}.`);
}

/** Whether a tag is one that `imageTags` gives a build of main, without the tools. */
export function isTagOfMain(tag: string): boolean {
  return /^\d{4}-\d{2}-\d{2}\.main-[0-9a-f]{8}-[1-9]\d*$/.test(tag);
}
