import { describe, expect, it } from "vitest";
import { FakeGitHub } from "../../test/fakes/github.js";
import { commentBody } from "./comment-body.js";
import { GitHub } from "./github.js";
import { authorOf, putComment } from "./pull-request-comment.js";

const bodyOf = (number: number, attempt = 1) =>
  commentBody({ summaries: [], removed: [], run: { number, attempt }, commit: undefined });

const put = (fake: FakeGitHub, number: number, { attempt = 1, isNeeded = true } = {}) =>
  putComment(new GitHub(fake.settings, { second: 1, pace: false }), {
    pullRequest: 7,
    body: bodyOf(number, attempt),
    run: { number, attempt },
    author: fake.author,
    isNeeded,
  });

const bodies = ({ comments }: FakeGitHub) => comments.map(({ body }) => body);

describe("the comment of a pull request", () => {
  it("is created once, and updated", async () => {
    const fake = await FakeGitHub.start();
    fake.add("comments", "Looks good", "reviewer");
    expect((await put(fake, 1)).outcome).toBe("created");
    expect(await put(fake, 2)).toEqual({ outcome: "updated", url: "https://github.example/comments/102" });
    expect(bodies(fake)).toEqual(["Looks good", bodyOf(2)]);
  });

  it("is found among 200 others", async () => {
    const fake = await FakeGitHub.start();
    for (let index = 0; index < 250; index += 1) fake.add("comments", "chat", "reviewer");
    fake.add("comments", bodyOf(1));
    expect((await put(fake, 2)).outcome).toBe("updated");
  });

  it("is never a comment of another author", async () => {
    const fake = await FakeGitHub.start();
    fake.add("comments", bodyOf(999), "mallory");
    expect((await put(fake, 2)).outcome).toBe("created");
    expect(bodies(fake)).toEqual([bodyOf(999), bodyOf(2)]);
  });

  it("keeps the text of the later run", async () => {
    const fake = await FakeGitHub.start();
    await put(fake, 5, { attempt: 2 });
    expect((await put(fake, 4)).outcome).toBe("left to a later run");
    expect((await put(fake, 5)).outcome).toBe("left to a later run");
    expect((await put(fake, 5, { attempt: 2 })).outcome).toBe("updated");
    expect(bodies(fake)).toEqual([bodyOf(5, 2)]);
  });

  it("stays one with the text of the later run when two runs create one at the same time", async () => {
    const fake = await FakeGitHub.start();
    let waiting = 0;
    let open = () => {};
    const both = new Promise<void>((resolve) => {
      open = resolve;
    });
    // Both read the comments before one of them writes.
    fake.pause = async (request) => {
      if (!request.startsWith("POST")) return;
      waiting += 1;
      if (waiting === 2) open();
      await both;
    };
    await Promise.all([put(fake, 8), put(fake, 9)]);
    expect(bodies(fake)).toEqual([bodyOf(9)]);
  });

  it("is not created when nothing changes, but an existing one is updated", async () => {
    const fake = await FakeGitHub.start();
    expect((await put(fake, 1, { isNeeded: false })).outcome).toBe("not needed");
    await put(fake, 2);
    expect((await put(fake, 3, { isNeeded: false })).outcome).toBe("updated");
    expect(bodies(fake)).toEqual([bodyOf(3)]);
  });

  it("has the author of GitHub Actions in a job, else the token's owner", async () => {
    const fake = await FakeGitHub.start();
    fake.author = "ada";
    const github = new GitHub(fake.settings);
    expect(await authorOf(github, { GITHUB_ACTIONS: "true" })).toBe("github-actions[bot]");
    expect(await authorOf(github, {})).toBe("ada");
  });
});
