import { describe, expect, it } from "vitest";
import { unknown } from "zod";
import { FakeGitHub } from "../../test/fakes/github.js";
import { GitHub, gitHubSettings } from "./github.js";

/** Waiting takes no time. */
const FAST = { second: 1 };

async function asked(refuse: FakeGitHub["refuse"]) {
  const fake = await FakeGitHub.start();
  fake.refuse = refuse;
  const read = new GitHub(fake.settings, FAST).send("GET /repos/{owner}/{repo}/issues", "read the issues");
  return { fake, message: await read.then(String, (error: Error) => error.message) };
}

describe("what GitHub refuses", () => {
  it.each([
    [{ status: 401 }, /does not know this token/],
    [
      { status: 403, headers: { "x-accepted-github-permissions": "issues=write; pull_requests=write" } },
      /this token may not\. Give the job one of the permissions issues=write/,
    ],
    [{ status: 403 }, /from a fork/],
    [{ status: 404 }, /there is no such thing/],
    [{ status: 422, message: "body is\ntoo long" }, /body is too long/],
    [{ status: 503 }, /status 503.*start it again later/i],
    [{ status: 429, headers: { "retry-after": "1800" } }, /rate limit.*again in 1800 seconds/],
    [
      { status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "4102444800" } },
      /rate limit of this token is used up\. Start it again after 00:00 UTC/,
    ],
    [
      {
        status: 403,
        message: "You have exceeded a secondary rate limit",
        headers: { "retry-after": "3600" },
      },
      /rate limit.*again in 3600 seconds/,
    ],
  ])("is told in one line: %o", async (answer, message) => {
    const { message: said } = await asked(() => answer);
    expect(said).toMatch(message);
    expect(said).toMatch(/^GitHub refused to read the issues in example\/notejam \(status \d+\)/);
    expect(said).not.toContain("\n");
    expect(said).not.toContain("fake-token");
  });

  it("is asked again when it is down for a moment, and when a short rate limit is over", async () => {
    for (const answer of [
      { status: 502 },
      { status: 403, message: "secondary rate limit", headers: { "retry-after": "2" } },
    ]) {
      let refusals = 1;
      const { message, fake } = await asked(() => (refusals-- > 0 ? answer : undefined));
      expect(message).toBe("");
      expect(fake.requests).toHaveLength(2);
    }
  });

  it("is not sent twice when it may have been done: an answer lost on the way makes no second comment", async () => {
    const fake = await FakeGitHub.start();
    fake.refuse = () => ({ status: 502 });
    const write = new GitHub(fake.settings, FAST).send("POST /repos/{owner}/{repo}/issues", "open the issue");
    await expect(write).rejects.toThrow(/status 502/);
    expect(fake.requests).toHaveLength(1);
  });
});

describe("an answer of something else than GitHub", () => {
  it("is told in one line", async () => {
    const fake = await FakeGitHub.start();
    fake.refuse = () => ({ status: 200, message: "hello" });
    const list = new GitHub(fake.settings, FAST).list(
      "GET /repos/{owner}/{repo}/issues",
      "read the issues",
      {},
      unknown(),
    );
    await expect(list).rejects.toThrow(
      /^What http:.* answered when asked to read the issues is not what GitHub's API/,
    );
  });
});

describe("a GitHub that cannot be reached", () => {
  it("is told in one line", async () => {
    const github = new GitHub(
      { token: "fake-token", owner: "example", repository: "notejam", apiUrl: "http://127.0.0.1:9" },
      FAST,
    );
    await expect(github.send("GET /user", "ask whose token this is")).rejects.toThrow(
      /^GitHub cannot be reached at http:\/\/127\.0\.0\.1:9 to ask whose token this is: .+\. Check the network/,
    );
  });
});

describe("the settings for GitHub", () => {
  const env = { GITHUB_TOKEN: "token", GITHUB_REPOSITORY: "example/notejam" };

  it("are those of a job", () => {
    expect(gitHubSettings(env)).toEqual({
      token: "token",
      owner: "example",
      repository: "notejam",
      apiUrl: "https://api.github.com",
    });
    expect(gitHubSettings({ ...env, GITHUB_API_URL: "https://ghe.example/api/v3/" }).apiUrl).toBe(
      "https://ghe.example/api/v3",
    );
  });

  it.each([
    [{ GITHUB_TOKEN: "" }, /no token for GitHub: GITHUB_TOKEN is not set/],
    [{ GITHUB_REPOSITORY: "notejam" }, /GITHUB_REPOSITORY is "notejam"/],
    [{ GITHUB_REPOSITORY: undefined }, /GITHUB_REPOSITORY is ""/],
    [{ GITHUB_API_URL: "nowhere" }, /GITHUB_API_URL is no address: "nowhere"/],
  ])("are refused: %o", (wrong, message) => {
    expect(() => gitHubSettings({ ...env, ...wrong })).toThrow(message);
  });
});
