import { describe, expect, it } from "vitest";
import { databaseCpus, defaultMaxConnections } from "./instance-classes.js";

describe("instance classes", () => {
  it.each([
    ["db.t3.medium", 2, 419],
    ["db.t4g.large", 2, 839],
    ["db.r6g.large", 2, 1678],
    ["db.r6g.xlarge", 4, 3357],
    ["db.r7g.2xlarge", 8, 5000],
    ["db.r6g.16xlarge", 64, 5000],
  ])("%s has %i vCPUs and %i connections", (instanceClass, cpus, connections) => {
    expect(databaseCpus(instanceClass)).toBe(cpus);
    expect(defaultMaxConnections(instanceClass)).toBe(connections);
  });

  it("rejects a class that Aurora PostgreSQL does not offer", () => {
    expect(() => defaultMaxConnections("db.m5.large")).toThrow(/not an instance class/);
  });
});
