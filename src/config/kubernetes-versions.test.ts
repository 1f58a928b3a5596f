import { describe, expect, it } from "vitest";
import { isInStandardSupport, isNearEndOfSupport, versionsInStandardSupport } from "./kubernetes-versions.js";

describe("isInStandardSupport", () => {
  it("is true until the end of the last day", () => {
    expect(isInStandardSupport("1.34", new Date("2026-12-02T23:59:59Z"))).toBe(true);
    expect(isInStandardSupport("1.34", new Date("2026-12-03T00:00:00Z"))).toBe(false);
  });

  it("is false for an unknown version", () => {
    expect(isInStandardSupport("1.99", new Date("2026-12-02T00:00:00Z"))).toBe(false);
  });
});

describe("isNearEndOfSupport", () => {
  it("is true from 90 days before the last day of standard support on", () => {
    expect(isNearEndOfSupport("1.35", new Date("2026-12-26T23:59:59Z"))).toBe(false);
    expect(isNearEndOfSupport("1.35", new Date("2026-12-27T00:00:00Z"))).toBe(true);
    expect(isNearEndOfSupport("1.35", new Date("2027-03-28T00:00:00Z"))).toBe(true);
  });
});

describe("versionsInStandardSupport", () => {
  it("lists versions oldest first, and none if the table is outdated", () => {
    expect(versionsInStandardSupport(new Date("2026-12-10T00:00:00Z"))).toEqual(["1.35", "1.36"]);
    expect(versionsInStandardSupport(new Date("2040-01-01T00:00:00Z"))).toEqual([]);
  });
});
