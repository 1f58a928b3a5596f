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

/** Result of writing the comment. */
export interface CommentOutcome {
  readonly outcome: "created" | "updated" | "left to a later run" | "not needed";
  /** URL of the comment; empty without one. */
  readonly url: string;
}

export interface PutCommentProps {
  readonly pullRequest: number;
  readonly body: string;
  readonly run: WorkflowRun;
  /** Login of the author. Comments of other authors are ignored: every user can write the hidden marker. */
  readonly author: string;
  /** False: no new comment is created. An existing one is updated in any case. */
  readonly isNeeded: boolean;
}

const COMMENTS = "/repos/{owner}/{repo}/issues/{issue_number}/comments";
const COMMENT = "/repos/{owner}/{repo}/issues/comments/{comment_id}";

/**
 * Creates or updates the comment of a pull request.
 *
 * Two simultaneous runs may both create a comment. Each therefore reads the comments again, and keeps the oldest.
 */
export async function putComment(github: GitHub, props: PutCommentProps): Promise<CommentOutcome> {
  const existing = await ownComments(github, props);
  if (existing.length > 0) return update(github, props, existing);
  if (!props.isNeeded) return { outcome: "not needed", url: "" };
  const comment = { issue_number: props.pullRequest, body: props.body };
  const created = await github.request(`POST ${COMMENTS}`, "write the comment", comment, Comment);
  const now = await ownComments(github, props);
  if (now.length > 1) return update(github, props, now);
  return { outcome: "created", url: created.html_url };
}

/** Writes the text of the latest run to the oldest comment, and deletes the others. */
async function update(
  github: GitHub,
  { body, run }: PutCommentProps,
  [oldest, ...others]: readonly OwnComment[],
): Promise<CommentOutcome> {
  if (oldest === undefined) throw new Error("there is no comment to update");
  const later = [oldest, ...others].find((comment) => isLater(comment.run, run));
  if (later !== undefined) return { outcome: "left to a later run", url: later.url };
  await github.send(`PATCH ${COMMENT}`, "update the comment", { comment_id: oldest.id, body });
  for (const { id } of others) {
    await github.send(`DELETE ${COMMENT}`, "delete a duplicate comment", { comment_id: id });
  }
  return { outcome: "updated", url: oldest.url };
}

/** Returns the comments of this program, the oldest first. */
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

/** Author of comments that are written with the token of GitHub Actions. */
const ACTIONS_AUTHOR = "github-actions[bot]";

/** Returns the login of the token. */
export async function authorOf(github: GitHub, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  // The token of a job may not read its user.
  if (env.GITHUB_ACTIONS === "true") return ACTIONS_AUTHOR;
  const User = z.object({ login: z.string() });
  const { login } = await github.request("GET /user", "read the owner of the token", {}, User);
  return login;
}
