import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const APP = path.resolve(import.meta.dirname, "..");
/** This file names the terms. */
const SELF = "test/language.test.ts";

/** Terms that the glossary replaced, in prose and in identifiers. Each is split, so that this file does not match. */
const RETIRED = [
  ["view", "er"],
  ["forg", "ery"],
  ["go", "On"],
  ["swe", "ep"],
  ["dri", "ll"],
  ["give[ -]?", "back"],
  ["put[ -]?in[ -]?", "place"],
  ["\\bproo", "fs?\\b"],
  ["who", "ever"],
  ["some", "body"],
  ["no", "body"],
  ["house ", "rules"],
  ["left to ", "people"],
  ["\\bwhat .* ", "may\\b"],
  ["rem", "edy"],
  ["refu", "sal"],
  ["kept-?", "secret"],
  ["made-", "up"],
].map((parts) => new RegExp(parts.join(""), "i"));

it("uses no retired terms in files and file names", () => {
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "."], {
    cwd: APP,
    encoding: "utf8",
  });
  const found = files
    .trim()
    .split("\n")
    .filter((file) => file !== SELF)
    .flatMap((file) => {
      const lines = readFileSync(path.join(APP, file), "utf8").split("\n");
      return [file, ...lines].flatMap((line, number) => {
        const term = RETIRED.find((pattern) => pattern.test(line));
        return term ? [`${file}:${number}: ${term.source}: ${line.trim()}`] : [];
      });
    });
  expect(found).toEqual([]);
});
