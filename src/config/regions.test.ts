import { describe, expect, it } from "vitest";
import { partitionOf, REGIONS, reasonRegionIsRefused, regionsOf } from "./regions.js";

describe("regions", () => {
  it("are at least 25, in three partitions, each once", () => {
    expect(REGIONS.length).toBeGreaterThanOrEqual(25);
    expect(new Set(REGIONS).size).toBe(REGIONS.length);
    expect(new Set(REGIONS.map(partitionOf))).toEqual(new Set(["aws", "aws-cn", "aws-us-gov"]));
  });

  it("leave in every partition another region for the replicas", () => {
    expect(regionsOf("aws-cn")).toHaveLength(2);
    expect(regionsOf("aws-us-gov")).toHaveLength(2);
  });

  it("do without us-west-1, which has two zones", () => {
    expect(partitionOf("us-west-1")).toBeUndefined();
    expect(reasonRegionIsRefused("us-west-1")).toMatch(/two availability zones/);
  });
});
