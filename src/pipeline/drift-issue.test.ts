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
  it("is opened when something differs, and names only what does", async () => {
    const fake = await FakeGitHub.start();
    expect((await look(fake, same, drifted)).did).toBe("opened");
    const [issue] = fake.issues;
    expect(issue).toMatchObject({ title: "What stands differs from the code", labels: ["drift"] });
    expect(issue?.body).toContain("**notejam-prod** | 0 | 2 | 0");
    expect(issue?.body).not.toContain("notejam-dev");
    expect(issue?.body).toContain(RUN);
  });

  it("stays one: the next night updates it", async () => {
    const fake = await FakeGitHub.start();
    await look(fake, drifted);
    expect((await look(fake, drifted, failed)).did).toBe("updated");
    expect(fake.issues).toHaveLength(1);
    expect(fake.issues[0]?.body).toContain("❌ failed");
  });

  it("is opened for a plan that failed or is missing: nobody knows what differs there", async () => {
    for (const summary of [failed, summarizeFailure("notejam-prod", "missing", [])]) {
      const fake = await FakeGitHub.start();
      expect((await look(fake, same, summary)).did).toBe("opened");
    }
  });

  it("is closed, with a word why, when nothing differs any more", async () => {
    const fake = await FakeGitHub.start();
    await look(fake, drifted);
    expect((await look(fake, same)).did).toBe("closed");
    expect(fake.issues[0]).toMatchObject({ state: "closed", state_reason: "completed" });
    expect(fake.comments[0]?.body).toContain("Nothing differs any more.");
    expect((await look(fake, same)).did).toBe("nothing differs");
    expect((await look(fake, drifted)).did).toBe("opened");
  });

  it("is not one that somebody else opened", async () => {
    const fake = await FakeGitHub.start();
    fake.add("issues", "<!-- notejam-drift -->\nmine", "mallory");
    fake.add("issues", "Drift, they say");
    expect((await look(fake, drifted)).did).toBe("opened");
    expect((await look(fake, same)).did).toBe("closed");
    expect(fake.issues.map(({ state }) => state)).toEqual(["open", "open", "closed"]);
  });
});
