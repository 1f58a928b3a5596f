import { beforeAll, describe, expect, it } from "vitest";
import type { Environment } from "../src/config/environment.js";
import { readTree } from "../src/kubernetes/flux-tree.js";
import { substitute } from "../src/kubernetes/substitute.js";
import { environmentNamed, repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";
import type { Synthesized } from "./synthesized-constructs.js";

const SALE = {
  name: "sale",
  start: "2027-03-28T09:00",
  end: "2027-03-28T22:00",
  timeZone: "Europe/Dublin",
  nodes: 9,
};
const TOUR = {
  name: "tour",
  start: "2027-04-10T18:00",
  end: "2027-04-10T23:00",
  timeZone: "Asia/Kolkata",
  nodes: 6,
  pods: 12,
};

let stacks: ReadonlyMap<string, Synthesized>;

beforeAll(async () => {
  const environment: Environment = { ...(await environmentNamed("prod")), events: [SALE, TOUR] };
  const { organization } = await repositoryConfiguration();
  stacks = synthesizeApp({ organization, environments: [environment] });
});

const clusterVars = () => {
  const data = Object(stackNamed(stacks, "notejam-prod-gitops").one("kubernetes_config_map_v1").data);
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, String(value)]));
};

describe("an announced event", () => {
  it("adds nodes from 30 minutes before its local start time until its end", () => {
    const times = stackNamed(stacks, "notejam-prod")
      .resources("aws_autoscaling_schedule")
      .map(({ scheduled_action_name: name, start_time: at, min_size: least }) => [name, at, least]);
    // On 28 March, summer time starts in Ireland.
    expect(times).toEqual(
      expect.arrayContaining([
        ["sale-before", "2027-03-28T07:30:00Z", 9],
        ["sale-after", "2027-03-28T21:00:00Z", 3],
        ["tour-before", "2027-04-10T12:00:00Z", 6],
        ["tour-after", "2027-04-10T17:30:00Z", 3],
      ]),
    );
  });

  it("adds pods from 15 minutes before: four times the usual number, or the configured number", () => {
    expect(clusterVars().APP_EVENT_MIN_REPLICAS).toBe(
      [
        "sale=2027-03-28T07:45:00.000Z/2027-03-28T21:00:00.000Z=20",
        "tour=2027-04-10T12:15:00.000Z/2027-04-10T17:30:00.000Z=12",
      ].join(","),
    );
  });

  it("is passed to the CronJob that sets the minimum replicas", () => {
    const file = readTree("flux").find(({ path }) => path.endsWith("/minimum-replicas/cronjob.yaml"));
    expect(substitute(file?.content ?? "", clusterVars()).text).toContain(
      "value: usual=5,sale=2027-03-28T07:45:00.000Z/",
    );
  });

  it("changes a field that Flux ignores", () => {
    const file = readTree("flux").find(({ path }) => path.endsWith("/notejam-application.yaml"));
    expect(file?.content).toMatch(/ignore:\n\s+- paths:\n\s+- \/spec\/minReplicas\n\s+target:/);
  });
});
