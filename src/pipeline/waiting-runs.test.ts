import { describe, expect, it } from "vitest";
import { FakeGitHub } from "../../test/fakes/github.js";
import { GitHub } from "./github.js";
import { cancelWaitingRuns } from "./waiting-runs.js";

const supersede = (fake: FakeGitHub, run: number) =>
  cancelWaitingRuns(new GitHub(fake.settings, { second: 1, pace: false }), { workflow: "deploy.yaml", run });

/** Adds runs of the workflow, by number. */
function withRuns(fake: FakeGitHub, states: Readonly<Record<number, string>>): void {
  for (const [number, status] of Object.entries(states)) fake.addRun(Number(number), status);
}

const statesOf = (fake: FakeGitHub) =>
  Object.fromEntries(fake.runs.map(({ run_number: number, status }) => [number, status]));

describe("runs that wait for approval", () => {
  it("are cancelled for a newer run; running ones are not", async () => {
    const fake = await FakeGitHub.start();
    withRuns(fake, { 3: "waiting", 4: "in_progress", 5: "waiting", 6: "in_progress", 7: "waiting" });
    expect(await supersede(fake, 6)).toEqual([
      "https://github.example/runs/3",
      "https://github.example/runs/5",
    ]);
    expect(statesOf(fake)).toEqual({
      3: "cancelled",
      4: "in_progress",
      5: "cancelled",
      6: "in_progress",
      7: "waiting",
    });
  });

  it("can be none", async () => {
    const fake = await FakeGitHub.start();
    withRuns(fake, { 6: "in_progress" });
    expect(await supersede(fake, 6)).toEqual([]);
  });

  it("can be rejected meanwhile", async () => {
    const fake = await FakeGitHub.start();
    withRuns(fake, { 3: "waiting", 5: "waiting" });
    fake.refuse = (request) => {
      if (!request.endsWith("/3/cancel")) return undefined;
      for (const run of fake.runs) if (run.run_number === 3) run.status = "completed";
      return { status: 409, message: "Cannot cancel a workflow run that is completed." };
    };
    expect(await supersede(fake, 6)).toEqual(["https://github.example/runs/5"]);
  });

  it("that cannot be cancelled are an error", async () => {
    const fake = await FakeGitHub.start();
    withRuns(fake, { 3: "waiting" });
    fake.refuse = (request) => (request.startsWith("POST ") ? { status: 403 } : undefined);
    await expect(supersede(fake, 6)).rejects.toThrow(
      /rejected the request to cancel an earlier run .* \(status 403\)/,
    );
  });
});
