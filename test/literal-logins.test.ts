import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/**
 * URL schemes in which trufflehog looks for credentials. It verifies each one. If the host does not respond, the result
 * is `unknown`, which fails the job `Secrets`.
 */
const SCHEMES = "postgres|postgresql|https?|ftp|mongodb|mongodb\\+srv|rediss?|amqps?|ldaps?|sftp";

/** Matches `scheme://user:password@host`, without placeholders (`${…}`, `<password>`). */
const LOGIN = new RegExp(
  `\\b(?:${SCHEMES})://[^\\s/:@<>{}]+:(?<password>[^\\s/@<>{}]+)@(?<host>[^\\s/:"'\`]+)`,
  "gi",
);

/** Loopback hosts, which trufflehog skips. */
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[)/;

/** Returns URLs with literal credentials in a text, except for loopback hosts. */
function literalLogins(text: string): string[] {
  return [...text.matchAll(LOGIN)]
    .filter(({ groups = {} }) => !LOOPBACK.test(groups.host ?? "") && isDecodable(groups.password ?? ""))
    .map(([address]) => address);
}

/** Returns false for invalid percent-encoding, which trufflehog cannot parse and does not report. */
function isDecodable(password: string): boolean {
  try {
    decodeURIComponent(password);
    return true;
  } catch {
    return false;
  }
}

/** Joins an address from parts, so that this file contains none. */
const address = (...parts: string[]) => parts.join("");

describe("addresses with a login", () => {
  const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    encoding: "utf8",
  })
    .split("\0")
    .filter((file) => file !== "" && file !== "package-lock.json");

  it("are placeholders, which the job `Secrets` does not report", () => {
    expect(files.length).toBeGreaterThan(500);
    const found = files.flatMap((file) =>
      literalLogins(textOf(file)).map((login) => `${file}: write ${login} as <user>:<password>@<host>`),
    );
    expect(found).toEqual([]);
  });

  it.each([
    address("postgres", "://user:password@host:5432/database"),
    address("postgresql", "://a:b@db.example.com/x"),
    address("https", "://a:b@example.com"),
    address("mongodb+srv", "://a:b@example.com"),
  ])("are found: %s", (login) => {
    expect(literalLogins(`text \`${login}\` text`)).toHaveLength(1);
  });

  it.each([
    "postgres://<user>:<password>@<host>:5432/<database>",
    "postgres://notejam:${password}@host/x",
    "postgres://notejam@host:5432/x",
    address("postgres", "://a:b@127.0.0.1:5432/x"),
    address("postgres", "://me:hunter%2%@host/db"),
    "https://example.com:8080/a@b",
  ])("are not found in %s", (text) => {
    expect(literalLogins(text)).toEqual([]);
  });
});

/** Returns the text of a file; empty if the file was deleted without a commit. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
