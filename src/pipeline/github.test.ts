import { describe, expect, it } from "vitest";
import { unknown } from "zod";
import { FakeGitHub } from "../../test/fakes/github.js";
import { GitHub, gitHubSettings } from "./github.js";

/** Options without waiting times. */
const FAST = { second: 1 };

async function asked(refuse: FakeGitHub["refuse"]) {
  const fake = await FakeGitHub.start();
  fake.refuse = refuse;
  const read = new GitHub(fake.settings, FAST).send("GET /repos/{owner}/{repo}/issues", "read the issues");
  return { fake, message: await read.then(String, (error: Error) => error.message) };
}

describe("a request that GitHub rejects", () => {
  it.each([
    [{ status: 401 }, /the token is not valid\. Renew GITHUB_TOKEN/],
    [
      { status: 403, headers: { "x-accepted-github-permissions": "issues=write; pull_requests=write" } },
      /the token lacks a permission\. Grant one of these permissions to the job: issues=write/,
    ],
    [{ status: 403 }, /from a fork/],
    [{ status: 404 }, /not found, or not visible/],
    [{ status: 422, message: "body is\ntoo long" }, /body is too long/],
    [{ status: 503 }, /status 503.*run the command again later/i],
    [{ status: 429, headers: { "retry-after": "1800" } }, /rate limit.*again in 1800 seconds/],
    [
      { status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "4102444800" } },
      /rate limit of this token is used up\. Run the command again after 00:00 UTC/,
    ],
    [
      {
        status: 403,
        message: "You have exceeded a secondary rate limit",
        headers: { "retry-after": "3600" },
      },
      /rate limit.*again in 3600 seconds/,
    ],
  ])("is an error of one line: %o", async (answer, message) => {
    const { message: said } = await asked(() => answer);
    expect(said).toMatch(message);
    expect(said).toMatch(
      /^GitHub rejected the request to read the issues in example\/notejam \(status \d+\)/,
    );
    expect(said).not.toContain("\n");
    expect(said).not.toContain("fake-token");
  });

  it("is sent again after a short outage and after a short rate limit", async () => {
    for (const answer of [
      { status: 502 },
      { status: 403, message: "secondary rate limit", headers: { "retry-after": "2" } },
    ]) {
      let rejections = 1;
      const { message, fake } = await asked(() => (rejections-- > 0 ? answer : undefined));
      expect(message).toBe("");
      expect(fake.requests).toHaveLength(2);
    }
  });

  it("is not repeated if it writes: a lost response must not create a second comment", async () => {
    const fake = await FakeGitHub.start();
    fake.refuse = () => ({ status: 502 });
    const write = new GitHub(fake.settings, FAST).send("POST /repos/{owner}/{repo}/issues", "open the issue");
    await expect(write).rejects.toThrow(/status 502/);
    expect(fake.requests).toHaveLength(1);
  });
});

describe("a response that is not GitHub's", () => {
  it("is an error of one line", async () => {
    const fake = await FakeGitHub.start();
    fake.refuse = () => ({ status: 200, message: "hello" });
    const list = new GitHub(fake.settings, FAST).list(
      "GET /repos/{owner}/{repo}/issues",
      "read the issues",
      {},
      unknown(),
    );
    await expect(list).rejects.toThrow(
      /^The response of http:.* to the request to read the issues is not a response of GitHub's API/,
    );
  });
});

describe("an API that cannot be reached", () => {
  it("is an error of one line", async () => {
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

  it("are read from the variables of a job", () => {
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
    [{ GITHUB_TOKEN: "" }, /^GITHUB_TOKEN is not set/],
    [{ GITHUB_REPOSITORY: "notejam" }, /GITHUB_REPOSITORY is "notejam"/],
    [{ GITHUB_REPOSITORY: undefined }, /GITHUB_REPOSITORY is ""/],
    [{ GITHUB_API_URL: "nowhere" }, /GITHUB_API_URL is not a URL: "nowhere"/],
  ])("are rejected: %o", (wrong, message) => {
    expect(() => gitHubSettings({ ...env, ...wrong })).toThrow(message);
  });
});
