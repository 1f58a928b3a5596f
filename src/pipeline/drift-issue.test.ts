import { describe, expect, it } from "vitest";
import { FakeGitHub } from "../../test/fakes/github.js";
import { putDriftIssue } from "./drift-issue.js";
import { GitHub } from "./github.js";
import { type Summary, summarizeCounts, summarizeFailure } from "./summary.js";

const NOTHING = { add: 0, change: 0, destroy: 0, replace: 0, import: 0 };
const same = summarizeCounts("notejam-dev", NOTHING);
const drifted = summarizeCounts("notejam-prod", { ...NOTHING, change: 2 });
const failed = summarizeFailure("notejam-prod-gitops", "failed", ["Invalid index"]);
const RUN = "https://github.com/example/notejam/actions/runs/1";

const look = (fake: FakeGitHub, ...summaries: readonly Summary[]) =>
  putDriftIssue(new GitHub(fake.settings, { second: 1, pace: false }), {
    summaries,
    author: fake.author,
    runUrl: RUN,
  });

describe("the issue about drift", () => {
  it("is opened when a stack differs, and lists only such stacks", async () => {
    const fake = await FakeGitHub.start();
    expect((await look(fake, same, drifted)).outcome).toBe("opened");
    const [issue] = fake.issues;
    expect(issue).toMatchObject({ title: "Infrastructure drift", labels: ["drift"] });
    expect(issue?.body).toContain("**notejam-prod** | 0 | 2 | 0");
    expect(issue?.body).not.toContain("notejam-dev");
    expect(issue?.body).toContain(RUN);
  });

  it("is updated the next night", async () => {
    const fake = await FakeGitHub.start();
    await look(fake, drifted);
    expect((await look(fake, drifted, failed)).outcome).toBe("updated");
    expect(fake.issues).toHaveLength(1);
    expect(fake.issues[0]?.body).toContain("❌ failed");
  });

  it("is opened for a plan that failed or is missing", async () => {
    for (const summary of [failed, summarizeFailure("notejam-prod", "missing", [])]) {
      const fake = await FakeGitHub.start();
      expect((await look(fake, same, summary)).outcome).toBe("opened");
    }
  });

  it("is closed with a comment when all stacks match the code again", async () => {
    const fake = await FakeGitHub.start();
    await look(fake, drifted);
    expect((await look(fake, same)).outcome).toBe("closed");
    expect(fake.issues[0]).toMatchObject({ state: "closed", state_reason: "completed" });
    expect(fake.comments[0]?.body).toContain("All stacks match the code again.");
    expect((await look(fake, same)).outcome).toBe("no drift");
    expect((await look(fake, drifted)).outcome).toBe("opened");
  });

  it("is not an issue of another author", async () => {
    const fake = await FakeGitHub.start();
    fake.add("issues", "<!-- notejam-drift -->\nmine", "mallory");
    fake.add("issues", "Drift, they say");
    expect((await look(fake, drifted)).outcome).toBe("opened");
    expect((await look(fake, same)).outcome).toBe("closed");
    expect(fake.issues.map(({ state }) => state)).toEqual(["open", "open", "closed"]);
  });
});
