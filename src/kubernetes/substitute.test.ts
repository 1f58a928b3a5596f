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

  it("names what has no value, and what Flux could not read", () => {
    expect(substitute("${MISSING} ${not a name}", VALUES).undefined).toEqual(["MISSING", "${not a name}"]);
  });

  it("does not look into what it put in", () => {
    expect(substitute("${A}", { A: "${B}" })).toMatchObject({ text: "${B}", undefined: [] });
  });

  it("tells which names were used", () => {
    expect([...substitute("${HOST} ${MISSING:=x}", VALUES).used]).toEqual(["HOST", "MISSING"]);
  });
});

describe("an object that opts out", () => {
  it.each(["disabled", '"disabled"'])("is left alone (%s)", (value) => {
    expect(
      isLeftAlone(`metadata:\n  annotations:\n    kustomize.toolkit.fluxcd.io/substitute: ${value}\n`),
    ).toBe(true);
  });

  it("is not one that only mentions it", () => {
    expect(isLeftAlone("# kustomize.toolkit.fluxcd.io/substitute: disabled\n")).toBe(false);
  });
});
