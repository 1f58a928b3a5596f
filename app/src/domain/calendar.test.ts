import { describe, expect, it } from "vitest";
import { Calendar } from "./calendar.js";

const at = (now: string, zone = "Europe/Berlin") => new Calendar(zone, () => new Date(now));

describe("dates", () => {
  it.each([
    ["2026-06-10T12:00:00Z", "2026-06-10T11:05:00Z", "Today at 13:05"],
    ["2026-06-10T12:00:00Z", "2026-06-09T22:00:00Z", "Today at 00:00"],
    ["2026-06-10T12:00:00Z", "2026-06-09T21:59:59Z", "Yesterday at 23:59"],
    ["2026-06-10T12:00:00Z", "2026-06-08T21:59:59Z", "2 days ago"],
    ["2026-06-10T12:00:00Z", "2026-06-03T12:00:00Z", "7 days ago"],
    ["2026-06-10T12:00:00Z", "2026-06-02T12:00:00Z", "02 Jun. 2026"],
    ["2026-06-10T12:00:00Z", "2013-02-01T23:30:00Z", "02 Feb. 2013"],
    ["2026-06-10T12:00:00Z", "2013-05-29T10:00:00Z", "29 May 2013"],
    ["2026-01-01T00:30:00Z", "2025-12-31T22:30:00Z", "Yesterday at 23:30"],
    ["2026-06-10T12:00:00Z", "2026-06-12T12:00:00Z", "12 Jun. 2026"],
  ])("at %s tell %s as %s", (now, moment, told) => {
    expect(at(now).tell(new Date(moment))).toBe(told);
  });

  it("count days of the calendar, not 24 hours, when the clocks change", () => {
    // In Berlin the day of 2026-03-29 has 23 hours, that of 2026-10-25 has 25.
    expect(at("2026-03-29T22:30:00Z").tell(new Date("2026-03-28T23:30:00Z"))).toBe("Yesterday at 00:30");
    expect(at("2026-03-29T01:00:00Z").tell(new Date("2026-03-29T00:59:00Z"))).toBe("Today at 01:59");
    expect(at("2026-03-29T01:05:00Z").tell(new Date("2026-03-29T01:00:00Z"))).toBe("Today at 03:00");
    expect(at("2026-10-25T22:59:00Z").tell(new Date("2026-10-24T22:00:00Z"))).toBe("Today at 00:00");
    expect(at("2026-10-25T23:00:00Z").tell(new Date("2026-10-24T22:00:00Z"))).toBe("Yesterday at 00:00");
  });

  it("support time zones whose offset is not a whole hour", () => {
    expect(at("2026-06-10T12:00:00Z", "Asia/Kathmandu").tell(new Date("2026-06-10T00:00:00Z"))).toBe(
      "Today at 05:45",
    );
  });
});
