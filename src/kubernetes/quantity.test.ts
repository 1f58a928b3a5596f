import { describe, expect, it } from "vitest";
import { parseCpu, parseMemory, requestsOf, sumOf } from "./quantity.js";

describe("a CPU quantity", () => {
  it.each([
    ["250m", 250],
    ["2", 2000],
    ["0.5", 500],
    [2, 2000],
  ])("%j is %d millicores", (quantity, millicores) => {
    expect(parseCpu(quantity)).toBe(millicores);
  });

  it.each(["", "250 m", "1Gi", "two", "-1"])("%j is not valid", (quantity) => {
    expect(() => parseCpu(quantity)).toThrow(`"${quantity}" is not a CPU quantity`);
  });
});

describe("a memory quantity", () => {
  it.each([
    ["256Mi", 256],
    ["1Gi", 1024],
    ["1.5Gi", 1536],
    ["524288Ki", 512],
    ["64M", 61.035_156_25],
    [1_048_576, 1],
  ])("%j is %d MiB", (quantity, mebibytes) => {
    expect(parseMemory(quantity)).toBe(mebibytes);
  });

  it.each(["", "256 Mi", "256MB", "much"])("%j is not valid", (quantity) => {
    expect(() => parseMemory(quantity)).toThrow(`"${quantity}" is not a memory quantity`);
  });
});

describe("the requests of a container", () => {
  it("are 0 for a resource without a request", () => {
    const container = { resources: { requests: { cpu: "250m" } } };
    expect(requestsOf(container)).toEqual({ millicores: 250, mebibytes: 0 });
    expect(requestsOf({})).toEqual({ millicores: 0, mebibytes: 0 });
  });

  it("add up", () => {
    const one = { millicores: 250, mebibytes: 64 };
    expect(sumOf([one, one])).toEqual({ millicores: 500, mebibytes: 128 });
    expect(sumOf([])).toEqual({ millicores: 0, mebibytes: 0 });
  });
});
