import { describe, expect, it } from "vitest";
import { capacityChanges, type TrafficEvent } from "./capacity-changes.js";

const usual = { minSize: 2, maxSize: 6 };
const day = (name: string, from: number, to: number, nodes: number): TrafficEvent => ({
  name,
  start: new Date(Date.UTC(2027, 4, 1, from)),
  end: new Date(Date.UTC(2027, 4, 1, to)),
  nodes,
});
const changes = (...events: TrafficEvent[]) =>
  capacityChanges(events, usual, 30).map(({ at, ...rest }) => ({
    at: at.toISOString().slice(11, 16),
    ...rest,
  }));

describe("capacityChanges", () => {
  it("increases the limits before an event and restores them after it", () => {
    expect(changes(day("sale", 10, 14, 8))).toEqual([
      { name: "sale-before", at: "09:30", minSize: 8, maxSize: 8, desiredSize: 8 },
      { name: "sale-after", at: "14:00", minSize: 2, maxSize: 6, desiredSize: undefined },
    ]);
  });

  it("keeps the usual maximum if the event needs less", () => {
    expect(changes(day("sale", 10, 14, 4))[0]).toMatchObject({ minSize: 4, maxSize: 6, desiredSize: 4 });
  });

  it("keeps the nodes of an event when another ends", () => {
    expect(changes(day("long", 10, 18, 5), day("short", 12, 14, 9))).toEqual([
      { name: "long-before", at: "09:30", minSize: 5, maxSize: 6, desiredSize: 5 },
      { name: "short-before", at: "11:30", minSize: 9, maxSize: 9, desiredSize: 9 },
      { name: "short-after", at: "14:00", minSize: 5, maxSize: 6, desiredSize: undefined },
      { name: "long-after", at: "18:00", minSize: 2, maxSize: 6, desiredSize: undefined },
    ]);
  });

  it("never returns two changes with the same time, which AWS rejects", () => {
    const first = { ...day("first", 10, 12, 5), end: new Date("2027-05-01T12:30Z") };
    expect(changes(first, day("second", 13, 15, 7)).map((change) => change.at)).toEqual([
      "09:30",
      "12:30",
      "15:00",
    ]);
  });

  it("returns nothing for an event within the usual minimum", () => {
    expect(changes(day("quiet", 10, 14, 2))).toEqual([]);
  });

  it("rejects an event that ends before it starts", () => {
    expect(() => changes(day("odd", 14, 10, 8))).toThrow(/"odd" ends .* before it starts/);
  });
});
