import { describe, expect, it } from "vitest";
import { instantOf } from "./zoned-time.js";

describe("instantOf", () => {
  it.each([
    ["2026-12-31T18:00", "Europe/Berlin", "2026-12-31T17:00:00.000Z"],
    ["2026-07-01T18:00", "Europe/Berlin", "2026-07-01T16:00:00.000Z"],
    ["2026-07-01T18:00:30", "UTC", "2026-07-01T18:00:30.000Z"],
    ["2026-01-01T00:00", "Asia/Kolkata", "2025-12-31T18:30:00.000Z"],
    ["2026-01-01T00:00", "Pacific/Auckland", "2025-12-31T11:00:00.000Z"],
    ["2026-11-27T09:00", "America/New_York", "2026-11-27T14:00:00.000Z"],
  ])("%s in %s is %s", (local, zone, expected) => {
    expect(instantOf(local, zone).toISOString()).toBe(expected);
  });

  it("takes an hour that the zone skips as if the clocks had not changed yet", () => {
    expect(instantOf("2026-03-29T02:30", "Europe/Berlin").toISOString()).toBe("2026-03-29T01:30:00.000Z");
  });

  it("takes the first of two equal hours", () => {
    expect(instantOf("2026-10-25T02:30", "Europe/Berlin").toISOString()).toBe("2026-10-25T00:30:00.000Z");
  });

  it("says what is wrong with a time that has an offset, and with an unknown zone", () => {
    expect(() => instantOf("2026-07-01T18:00Z", "UTC")).toThrow(/without offset/);
    expect(() => instantOf("2026-13-01T18:00", "UTC")).toThrow(/not a local time/);
    expect(() => instantOf("2026-07-01T18:00", "Mars/Olympus")).toThrow(/IANA name/);
  });
});
