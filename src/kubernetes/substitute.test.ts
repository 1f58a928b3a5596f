import { describe, expect, it } from "vitest";
import { isLeftAlone, substitute } from "./substitute.js";

const VALUES = { HOST: "notes.example.org", EMPTY: "" };

describe("substitute", () => {
  it.each([
    ["https://${HOST}/", "https://notes.example.org/"],
    ["${HOST}${HOST}", "notes.example.orgnotes.example.org"],
    ["${EMPTY}", ""],
    ["${MISSING:=default}", "default"],
    ["${HOST:-default}", "notes.example.org"],
    ["$${HOST}", "${HOST}"],
    ["$HOST $(HOST) {{ $value }}", "$HOST $(HOST) {{ $value }}"],
  ])("turns %s into %s, as Flux does", (text, expected) => {
    expect(substitute(text, VALUES)).toMatchObject({ text: expected, undefined: [] });
  });

  it("reports variables without a value and unsupported expressions", () => {
    expect(substitute("${MISSING} ${not a name}", VALUES).undefined).toEqual(["MISSING", "${not a name}"]);
  });

  it("does not substitute in substituted values", () => {
    expect(substitute("${A}", { A: "${B}" })).toMatchObject({ text: "${B}", undefined: [] });
  });

  it("returns the names in the text", () => {
    expect([...substitute("${HOST} ${MISSING:=x}", VALUES).used]).toEqual(["HOST", "MISSING"]);
  });
});

describe("an object that opts out", () => {
  it.each(["disabled", '"disabled"'])("is not substituted (%s)", (value) => {
    expect(
      isLeftAlone(`metadata:\n  annotations:\n    kustomize.toolkit.fluxcd.io/substitute: ${value}\n`),
    ).toBe(true);
  });

  it("is recognized only by its label or annotation", () => {
    expect(isLeftAlone("# kustomize.toolkit.fluxcd.io/substitute: disabled\n")).toBe(false);
  });
});
