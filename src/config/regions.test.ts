import { describe, expect, it } from "vitest";
import { partitionOf, REGIONS, reasonRegionIsRefused, regionsOf, zoneIdsWithoutEks } from "./regions.js";

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

  it("know the zones that EKS refuses", () => {
    expect(zoneIdsWithoutEks("us-east-1")).toEqual(["use1-az3"]);
    expect(zoneIdsWithoutEks("eu-west-1")).toEqual([]);
  });
});
