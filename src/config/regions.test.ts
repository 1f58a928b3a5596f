import { describe, expect, it } from "vitest";
import { partitionOf, REGIONS, reasonRegionIsUnsupported, regionsOf } from "./regions.js";

describe("regions", () => {
  it("are at least 25 in three partitions, without duplicates", () => {
    expect(REGIONS.length).toBeGreaterThanOrEqual(25);
    expect(new Set(REGIONS).size).toBe(REGIONS.length);
    expect(new Set(REGIONS.map(partitionOf))).toEqual(new Set(["aws", "aws-cn", "aws-us-gov"]));
  });

  it("are at least two in every partition, for the replicas", () => {
    expect(regionsOf("aws-cn")).toHaveLength(2);
    expect(regionsOf("aws-us-gov")).toHaveLength(2);
  });

  it("do not include us-west-1, which has two zones", () => {
    expect(partitionOf("us-west-1")).toBeUndefined();
    expect(reasonRegionIsUnsupported("us-west-1")).toMatch(/two availability zones/);
  });
});
