import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { RETIRED_FILE_NAMES, RETIRED_TERMS, type RetiredTerm, UNIQUE_FILE_NAMES } from "./retired-terms.js";

/*
 * Terms of the glossary. The tests search all tracked text files and file names for retired terms.
 */

/** Files whose text this project does not write: lock files, licenses, recorded output, the list of terms, and the decision about them. */
const UNSEARCHED =
  /(^|\/)package-lock\.json$|requirements[^/]*\.txt$|(^|\/)go\.sum$|(^|\/)LICENSE|^test\/fixtures\/(plans|schemas)\/|^test\/(retired-terms|language\.test)\.ts$|^docs\/decisions\/0025-/;

/** Extensions of binary files. */
const BINARY = /\.(png|ico|woff2?|jpg|svg|gz|zip)$/;

/** Names that cannot change, with the reason: state addresses (construct ids) and names of existing alarms. */
const STORED_NAMES: Readonly<Record<string, string>> = {
  "certificate-proof": "construct id of the DNS record that validates the certificate",
  "drill-failed": "construct id of the alarm restore-test-failed",
  "guard-rails": "construct id of the account baseline",
  "received-dumps": "construct id of the replicated backups",
};

const files = execFileSync("git", ["ls-files"], { encoding: "utf8" })
  .trim()
  .split("\n")
  .filter((path) => existsSync(path) && !UNSEARCHED.test(path));

const texts = files.filter((path) => !BINARY.test(path));

const STORED = new RegExp(`(?<![\\w-])(${Object.keys(STORED_NAMES).join("|")})(?![\\w-])`, "g");

/** Uses of a term in a file, as `path:line: text`. */
function usesIn(path: string, { pattern, except, write }: RetiredTerm): string[] {
  const text = textOf(path);
  if (!new RegExp(pattern.source, `${pattern.flags}m`).test(text)) return [];
  return text.split("\n").flatMap((line, index) => {
    const searched = except === undefined ? line : line.replaceAll(new RegExp(except, "gi"), "");
    const found = pattern.exec(searched)?.[0];
    return found === undefined ? [] : [`${path}:${index + 1}: "${found.trim()}". Write: ${write}`];
  });
}

const cache = new Map<string, string>();
function textOf(path: string): string {
  const text = cache.get(path) ?? readFileSync(path, "utf8").replaceAll(STORED, "");
  cache.set(path, text);
  return text;
}

describe("retired terms", () => {
  it.each(RETIRED_TERMS)("$pattern are not used in texts", (term) => {
    const searched = texts.filter((path) => term.files?.test(path) ?? true);
    expect(searched.flatMap((path) => usesIn(path, term))).toEqual([]);
  });

  it.each([...RETIRED_TERMS, ...RETIRED_FILE_NAMES])(
    "$pattern are not used in file names",
    ({ pattern, files: only }) => {
      const searched = files.filter((path) => only?.test(path) ?? true);
      expect(searched.filter((path) => pattern.test(path))).toEqual([]);
    },
  );

  it.each(UNIQUE_FILE_NAMES)("%s is the name of at most one file", (name) => {
    const named = files.filter((path) => basename(path) === name);
    expect(named.length, named.join(", ")).toBeLessThanOrEqual(1);
  });

  it.each([...RETIRED_TERMS, ...RETIRED_FILE_NAMES])(
    "$pattern matches its examples",
    ({ pattern, except, examples }) => {
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) {
        expect(except === undefined ? example : example.replaceAll(new RegExp(except, "gi"), "")).toMatch(
          pattern,
        );
      }
    },
  );

  it("are searched in all folders with code", () => {
    const folders = new Set(texts.map((path) => path.split("/")[0]));
    expect([...folders]).toEqual(
      expect.arrayContaining(["app", "bench", "docs", "emulator", "flux", "modules", "src", "test"]),
    );
  });

  it("are allowed only in stored names that exist", () => {
    const all = texts.map((path) => readFileSync(path, "utf8")).join("\n");
    expect(Object.keys(STORED_NAMES).filter((name) => !all.includes(`"${name}"`))).toEqual([]);
  });
});
