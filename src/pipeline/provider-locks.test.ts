import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../user-error.js";
import { readStackLocks, writeStackLocks } from "./provider-locks.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "notejam-locks-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Entry in the format of Terraform. */
const entry = (address: string, version: string, constraints: string) => `provider "${address}" {
  version     = "${version}"
  constraints = "${constraints}"
  hashes = [
    "h1:abc=",
    "zh:0123",
  ]
}
`;

const AWS = entry("registry.terraform.io/hashicorp/aws", "6.30.0", "~> 6.26");
const GITHUB = entry("registry.terraform.io/integrations/github", "6.9.0", "6.9.0");
const HELM = entry("registry.terraform.io/hashicorp/helm", "3.1.0", "3.1.0");

function lockFile(...entries: string[]): string {
  const file = join(folder, "locks.hcl");
  writeFileSync(
    file,
    `# This file is maintained automatically by "terraform init".\n\n${entries.join("\n")}`,
  );
  return file;
}

const stack = (providers: object) => ({
  name: "notejam-dev",
  folder,
  configuration: { terraform: { required_providers: providers } },
});

describe("the lock file of a stack", () => {
  it("has the entries of its providers, however their source is written", () => {
    const file = lockFile(AWS, GITHUB, HELM);
    const providers = {
      aws: { source: "aws", version: "~> 6.26" },
      github: { source: "integrations/github", version: "6.9.0" },
      helm: { source: "registry.terraform.io/hashicorp/helm", version: "3.1.0" },
    };
    expect(readStackLocks(stack(providers), file)).toEqual({ entries: [AWS, GITHUB, HELM], unlocked: [] });
    const { aws } = providers;
    expect(readStackLocks(stack({ aws }), file)).toEqual({ entries: [AWS], unlocked: [] });
  });

  it("omits an entry for another constraint, which Terraform would reject, and names the provider", () => {
    const providers = {
      aws: { source: "aws", version: "~> 6.26" },
      helm: { source: "helm", version: "3.1.1" },
    };
    expect(readStackLocks(stack(providers), lockFile(AWS, HELM))).toEqual({
      entries: [AWS],
      unlocked: ["helm 3.1.1"],
    });
  });

  it("replaces the lock file of the stack", () => {
    writeFileSync(join(folder, ".terraform.lock.hcl"), "old");
    const aws = { source: "aws", version: "~> 6.26" };
    expect(writeStackLocks(stack({ aws }), lockFile(AWS, GITHUB))).toEqual([]);
    expect(readFileSync(join(folder, ".terraform.lock.hcl"), "utf8")).toBe(AWS);
  });

  it("is unchanged when the repository has none", () => {
    writeFileSync(join(folder, ".terraform.lock.hcl"), "of an init");
    const aws = { source: "aws", version: "~> 6.26" };
    expect(writeStackLocks(stack({ aws }), join(folder, "none.hcl"))).toEqual([]);
    expect(readFileSync(join(folder, ".terraform.lock.hcl"), "utf8")).toBe("of an init");
  });

  it("is the same for a lock file with Windows line ends", () => {
    const file = lockFile(AWS, HELM);
    writeFileSync(file, readFileSync(file, "utf8").replaceAll("\n", "\r\n"));
    const providers = {
      aws: { source: "aws", version: "~> 6.26" },
      helm: { source: "helm", version: "3.1.0" },
    };
    expect(readStackLocks(stack(providers), file)).toEqual({ entries: [AWS, HELM], unlocked: [] });
  });

  it("has Unix line ends in every working copy", () => {
    const attributes = execFileSync("git", ["check-attr", "text", "eol", "--", ".terraform.lock.hcl"], {
      encoding: "utf8",
    });
    expect(attributes).toBe(".terraform.lock.hcl: text: set\n.terraform.lock.hcl: eol: lf\n");
  });

  it.each([
    ["~>6.26", "~> 6.26"],
    ["=6.26.0", "6.26.0"],
    [" = 6.26.0 ", "6.26.0"],
    ["6.26", "6.26.0"],
    [">=6.26", ">= 6.26.0"],
    ["~> 6", "~> 6.0"],
    ["<7,  >= 6.26.0", ">= 6.26.0, < 7.0.0"],
    [">= 6.26.0, < 7.0.0", "< 7.0.0, >= 6.26.0"],
    [">= 6.26.0, >= 6.26.0", ">= 6.26.0"],
    ["6.26.0-beta1", "6.26.0-beta1"],
    [undefined, ""],
  ])("takes the constraint %j for %j, as Terraform writes it", (version, written) => {
    const locked = entry("registry.terraform.io/hashicorp/aws", "6.30.0", written);
    expect(readStackLocks(stack({ aws: { source: "aws", version } }), lockFile(locked))).toEqual({
      entries: [locked],
      unlocked: [],
    });
  });

  it.each([
    ["~> 6.26", "~> 6.26.0"],
    [">= 6.26.0", "> 6.26.0"],
    [">= 6.26.0", ">= 6.26.0, < 7.0.0"],
    ["6.26.0", "6.26.0-beta1"],
    ["!= 6.26.0", "6.26.0"],
  ])("does not take the constraint %j for %j", (version, written) => {
    const locked = entry("registry.terraform.io/hashicorp/aws", "6.30.0", written);
    expect(readStackLocks(stack({ aws: { source: "aws", version } }), lockFile(locked))).toEqual({
      entries: [],
      unlocked: [`aws ${version}`],
    });
  });

  it("has one entry for two local names of a provider, for the constraints of both", () => {
    const providers = {
      aws: { source: "aws", version: "~> 6.26" },
      us: { source: "hashicorp/aws", version: "~>6.26" },
    };
    expect(readStackLocks(stack(providers), lockFile(AWS))).toEqual({ entries: [AWS], unlocked: [] });
    const narrower = { ...providers, us: { source: "hashicorp/aws", version: "< 6.40" } };
    expect(readStackLocks(stack(narrower), lockFile(AWS))).toEqual({
      entries: [],
      unlocked: ["aws ~> 6.26, < 6.40"],
    });
    const both = entry("registry.terraform.io/hashicorp/aws", "6.30.0", "~> 6.26, < 6.40.0");
    expect(readStackLocks(stack(narrower), lockFile(both))).toEqual({ entries: [both], unlocked: [] });
  });

  it("has the entry without constraints of a provider without a version", () => {
    const entryWithout = AWS.replace(/ *constraints.*\n/, "");
    const aws = { source: "aws" };
    expect(readStackLocks(stack({ aws }), lockFile(entryWithout))).toEqual({
      entries: [entryWithout],
      unlocked: [],
    });
    expect(readStackLocks(stack({ aws }), lockFile(AWS))).toEqual({ entries: [], unlocked: ["aws"] });
  });

  it.each(["\n", "\r\n"])("is refused while a merge conflict is unresolved (line ends %j)", (lineEnd) => {
    const file = lockFile(AWS.replace(/^ *version.*$/m, "<<<<<<< HEAD\n$&\n=======\n$&\n>>>>>>> other"));
    writeFileSync(file, readFileSync(file, "utf8").replaceAll("\n", lineEnd));
    const aws = { source: "aws", version: "~> 6.26" };
    let thrown: unknown;
    try {
      readStackLocks(stack({ aws }), file);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(UserError);
    expect(String(thrown)).toMatch(/^UserError: The lock file \S+ has a merge conflict in line 4\. .+$/);
  });

  it("must be a file", () => {
    expect(() => readStackLocks(stack({}), folder)).toThrow(/lock file .* cannot be read: EISDIR/);
  });
});
