import { describe, expect, it, vi } from "vitest";
import { exitCodeOf, Interrupted, Interruption } from "./interruption.js";

describe("an interruption", () => {
  it("reaches a running process once, although npm repeats the terminal's Ctrl-C", () => {
    const interruption = new Interruption();
    const kill = vi.fn(() => true);
    interruption.passTo({ kill });
    interruption.request("SIGINT", 1000);
    interruption.request("SIGINT", 1010);
    expect(kill).toHaveBeenCalledExactlyOnceWith("SIGINT");
  });

  it("reaches it again at a second Ctrl-C", () => {
    const interruption = new Interruption();
    const kill = vi.fn(() => true);
    interruption.passTo({ kill });
    interruption.request("SIGINT", 1000);
    interruption.request("SIGINT", 3000);
    expect(kill).toHaveBeenCalledTimes(2);
  });

  it("does not reach a process that has ended", () => {
    const interruption = new Interruption();
    const kill = vi.fn(() => true);
    interruption.passTo({ kill })();
    interruption.request("SIGTERM");
    expect(kill).not.toHaveBeenCalled();
  });

  it("prevents new work", () => {
    const interruption = new Interruption();
    interruption.throwIfRequested();
    interruption.request("SIGTERM");
    expect(() => interruption.throwIfRequested()).toThrow(Interrupted);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGPIPE", 141],
  ] as const)("by %s ends with %i", (signal, code) => {
    expect(exitCodeOf(new Interrupted(signal))).toBe(code);
  });

  it("reports each further request, so that a hanging program can be abandoned", () => {
    const again: string[] = [];
    const interruption = new Interruption(
      () => {},
      (signal) => again.push(signal),
    );
    interruption.request("SIGINT", 0);
    interruption.request("SIGINT", 100);
    expect(again).toEqual([]);
    interruption.request("SIGTERM", 2000);
    expect(again).toEqual(["SIGTERM"]);
  });
});
