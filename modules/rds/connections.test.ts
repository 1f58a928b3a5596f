import { describe, expect, it } from "vitest";
import { databaseCpus, defaultMaxConnections } from "./connections.js";

describe("an instance class of Aurora PostgreSQL", () => {
  it.each([
    ["db.t3.medium", 2, 419],
    ["db.t4g.large", 2, 839],
    ["db.r6g.large", 2, 1678],
    ["db.r6g.xlarge", 4, 3357],
    ["db.r7g.2xlarge", 8, 5000],
    ["db.r6g.16xlarge", 64, 5000],
  ])("%s has %i processors and admits %i connections", (instanceClass, cpus, connections) => {
    expect(databaseCpus(instanceClass)).toBe(cpus);
    expect(defaultMaxConnections(instanceClass)).toBe(connections);
  });

  it("is refused when Aurora has none of that name", () => {
    expect(() => defaultMaxConnections("db.m5.large")).toThrow(/no instance class/);
  });
});
