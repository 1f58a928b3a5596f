import { describe, expect, it } from "vitest";
import prod from "../../environments/prod.js";
import { namesOf } from "./names.js";
import { regionForReplicas, standbyOf } from "./standby.js";
import { checkEnvironment } from "./validate.js";

describe("the copy that is prepared for", () => {
  const checked = checkEnvironment(prod, new Date("2026-11-01"));
  if (!("value" in checked)) throw new Error(JSON.stringify(checked.findings));
  const standby = standbyOf(checked.value);

  it("stands where the replicas are, in the name of the environment", () => {
    expect(namesOf(standby).instance).toBe("prod-eu-central-1");
    expect(standby.recoveryOf).toEqual({ region: "eu-west-1" });
  });

  it.each([
    ["eu-west-1", "eu-central-1", /^eu-(?!west-1$|central-1$)/],
    ["us-east-1", "us-west-2", /^us-east-2$/],
    ["af-south-1", "eu-west-1", /^eu-(?!west-1$)/],
    ["cn-north-1", "cn-northwest-1", /^cn-north-1$/],
  ])(
    "replicates neither to %s, which is lost, nor within %s, where another region is left",
    (lost, region, to) => {
      expect(regionForReplicas(lost, region)).toMatch(to);
    },
  );
});
