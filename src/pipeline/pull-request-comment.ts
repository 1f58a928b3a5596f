import { z } from "zod";
import { isLater, runOf, type WorkflowRun } from "./comment-body.js";
import type { GitHub } from "./github.js";

const Comment = z.object({
  id: z.number(),
  body: z.string().nullish(),
  user: z.object({ login: z.string() }).nullish(),
  html_url: z.string().default(""),
});
type Comment = z.infer<typeof Comment>;

interface OwnComment {
  readonly id: number;
  readonly url: string;
  readonly run: WorkflowRun;
}

/** What became of the comment. */
export interface CommentOutcome {
  readonly did: "made" | "updated" | "left to a later run" | "not needed";
  /** Where it can be read. */
  readonly url: string;
}

export interface PutCommentProps {
  readonly pullRequest: number;
  readonly body: string;
  readonly run: WorkflowRun;
  /** Whose comments may be rewritten; anybody can write the hidden marker. */
  readonly author: string;
  /** Whether it is worth a comment of its own; one that exists is brought up to date anyway. */
  readonly worthMaking: boolean;
}

const COMMENTS = "/repos/{owner}/{repo}/issues/{issue_number}/comments";
const COMMENT = "/repos/{owner}/{repo}/issues/comments/{comment_id}";

/**
 * Makes the one comment of a pull request, or brings it up to date.
 *
 * Two runs at once may both find none and make one each; so whoever made one looks again, and the oldest stays.
 */
export async function putComment(github: GitHub, props: PutCommentProps): Promise<CommentOutcome> {
  const existing = await ownComments(github, props);
  if (existing.length > 0) return update(github, props, existing);
  if (!props.worthMaking) return { did: "not needed", url: "" };
  const comment = { issue_number: props.pullRequest, body: props.body };
  const made = await github.request(`POST ${COMMENTS}`, "write the comment", comment, Comment);
  const now = await ownComments(github, props);
  if (now.length > 1) return update(github, props, now);
  return { did: "made", url: made.html_url };
}

/** Keeps the oldest comment, with the words of the latest run. */
async function update(
  github: GitHub,
  { body, run }: PutCommentProps,
  [oldest, ...others]: readonly OwnComment[],
): Promise<CommentOutcome> {
  if (oldest === undefined) throw new Error("there is no comment to update");
  const later = [oldest, ...others].find((comment) => isLater(comment.run, run));
  if (later !== undefined) return { did: "left to a later run", url: later.url };
  await github.send(`PATCH ${COMMENT}`, "update the comment", { comment_id: oldest.id, body });
  for (const { id } of others) {
    await github.send(`DELETE ${COMMENT}`, "remove a second comment", { comment_id: id });
  }
  return { did: "updated", url: oldest.url };
}

/** The comments that this program wrote, the oldest first. */
async function ownComments(github: GitHub, { pullRequest, author }: PutCommentProps): Promise<OwnComment[]> {
  const found = await github.list(
    `GET ${COMMENTS}`,
    "read the comments",
    { issue_number: pullRequest },
    Comment,
  );
  return found
    .flatMap(({ id, body, user, html_url: url }: Comment) => {
      const run = runOf(body ?? "");
      return run !== undefined && user?.login === author ? [{ id, url, run }] : [];
    })
    .sort((one, other) => one.id - other.id);
}

/** The name that comments of GitHub Actions' own token bear. */
const ACTIONS_AUTHOR = "github-actions[bot]";

/** Who this token is. */
export async function authorOf(github: GitHub, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  // The token of a job may not ask.
  if (env.GITHUB_ACTIONS === "true") return ACTIONS_AUTHOR;
  const User = z.object({ login: z.string() });
  const { login } = await github.request("GET /user", "ask whose token this is", {}, User);
  return login;
}
