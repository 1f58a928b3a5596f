import { describe, expect, it } from "vitest";
import type { EnvironmentInput } from "./environment.js";
import { scheduledReplicas } from "./events.js";
import { validateEnvironment } from "./validate.js";

const EVENT = {
  name: "sale",
  start: "2027-03-20T08:00",
  end: "2027-03-20T22:00",
  timeZone: "America/New_York",
  nodes: 3,
};

function scheduleOf(
  change: Partial<EnvironmentInput>,
): [name: string, from: string, to: string, pods: number][] {
  const checked = validateEnvironment(
    {
      name: "dev",
      production: false,
      drRegion: "eu-central-1",
      hostedZone: "example.com",
      hostName: "notejam-dev.example.com",
      clusterEndpoint: { publicAccessCidrs: [] },
      budget: { monthlyUsd: 500, emails: ["platform@example.com"] },
      alarmEmails: ["platform@example.com"],
      events: [EVENT],
      ...change,
    },
    new Date("2026-12-10T12:00:00Z"),
  );
  if (!("value" in checked)) throw new Error(JSON.stringify(checked.diagnostics));
  return scheduledReplicas(checked.value).map(({ name, from, to, pods }) => [
    name,
    from.toISOString(),
    to.toISOString(),
    pods,
  ]);
}

describe("scheduledReplicas", () => {
  it("starts a quarter of an hour before the event in its time zone, and ends with it", () => {
    expect(scheduleOf({})).toEqual([["sale", "2027-03-20T11:45:00.000Z", "2027-03-21T02:00:00.000Z", 8]]);
  });

  it("is load.eventFactor times the usual, at most the maximum, or the pods of the event", () => {
    const pods = (change: Partial<EnvironmentInput>) => scheduleOf(change)[0]?.[3];
    expect(pods({ load: { eventFactor: 3 } })).toBe(6);
    expect(pods({ load: { eventFactor: 9 } })).toBe(8);
    expect(pods({ events: [{ ...EVENT, pods: 4 }] })).toBe(4);
  });
});
