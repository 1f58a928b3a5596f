import { describe, expect, it } from "vitest";
import { instantOf, isLocalTime, isTimeZone } from "./local-time.js";

describe("instantOf", () => {
  it.each([
    ["2027-01-15T08:00", "Europe/Dublin", "2027-01-15T08:00:00.000Z"],
    ["2027-07-15T08:00", "Europe/Dublin", "2027-07-15T07:00:00.000Z"],
    ["2027-07-15T08:00", "UTC", "2027-07-15T08:00:00.000Z"],
    ["2027-07-15T08:00", "Asia/Kathmandu", "2027-07-15T02:15:00.000Z"],
    ["2027-07-15T08:00", "Pacific/Kiritimati", "2027-07-14T18:00:00.000Z"],
    ["2027-07-15T08:00", "America/New_York", "2027-07-15T12:00:00.000Z"],
    ["2027-12-31T23:59", "America/New_York", "2028-01-01T04:59:00.000Z"],
  ])("reads %s in %s as %s", (time, zone, instant) => {
    expect(instantOf(time, zone)?.toISOString()).toBe(instant);
  });

  it("returns the first instant of an hour that occurs twice in autumn", () => {
    expect(instantOf("2027-10-31T01:30", "Europe/Dublin")?.toISOString()).toBe("2027-10-31T00:30:00.000Z");
  });

  it("returns undefined for an hour that is skipped in spring", () => {
    expect(instantOf("2027-03-28T01:30", "Europe/Dublin")).toBeUndefined();
  });
});

describe("isLocalTime", () => {
  it.each([
    "2027-02-29T08:00",
    "2027-13-01T08:00",
    "2027-01-01T24:00",
    "2027-01-01",
    "2027-01-01T08:00:00",
    "soon",
  ])("rejects %s", (time) => {
    expect(isLocalTime(time)).toBe(false);
  });

  it("accepts the leap day of a leap year", () => {
    expect(isLocalTime("2028-02-29T08:00")).toBe(true);
  });
});

describe("isTimeZone", () => {
  it.each(["Europe/Dublin", "UTC", "America/Argentina/Buenos_Aires"])("accepts %s", (zone) => {
    expect(isTimeZone(zone)).toBe(true);
  });

  it.each(["+01:00", "Europe/Nowhere", ""])("rejects '%s'", (zone) => {
    expect(isTimeZone(zone)).toBe(false);
  });
});
