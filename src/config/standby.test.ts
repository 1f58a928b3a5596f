import { describe, expect, it } from "vitest";
import prod from "../../environments/prod.js";
import { namesOf } from "./names.js";
import { drRegionOfStandby, plannedStandby } from "./standby.js";
import { validateEnvironment } from "./validate.js";

describe("plannedStandby", () => {
  const checked = validateEnvironment(prod, new Date("2026-11-01"));
  if (!("value" in checked)) throw new Error(JSON.stringify(checked.diagnostics));
  const standby = plannedStandby(checked.value);

  it("is in the DR region, with the name of the environment", () => {
    expect(namesOf(standby).environmentId).toBe("prod-eu-central-1");
    expect(standby.standbyOf).toEqual({ region: "eu-west-1" });
  });

  it.each([
    ["eu-west-1", "eu-central-1", /^eu-(?!west-1$|central-1$)/],
    ["us-east-1", "us-west-2", /^us-east-2$/],
    ["af-south-1", "eu-west-1", /^eu-(?!west-1$)/],
    ["cn-north-1", "cn-northwest-1", /^cn-north-1$/],
  ])(
    "has neither the lost region %s nor its own %s as DR region, if there is another",
    (lost, region, to) => {
      expect(drRegionOfStandby(lost, region)).toMatch(to);
    },
  );
});
