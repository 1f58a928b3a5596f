import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PackedProject } from "../../test/packed-project.js";
import { needs } from "../../test/required-tools.js";

let home: string;
let project: PackedProject;

describe("the packed package in an empty project", needs("tar"), () => {
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "constructs-package-"));
    project = new PackedProject(home);
  });

  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it("contains compiled files with types and READMEs, but no sources and tests", () => {
    const files = project.packageFiles();
    expect(files).toEqual(
      expect.arrayContaining(["dist/vpc/vpc.js", "dist/vpc/vpc.d.ts", "vpc/README.md", "README.md"]),
    );
    expect(files.filter((file) => /(?<!\.d)\.ts$|\.test\.|^tooling/.test(file))).toEqual([]);
  });

  it("type-checks all examples and synthesizes the program of its README", () => {
    project.compile();
    project.runProgram("main");
    const file = join(project.folder, "cdktf.out/stacks/network/cdk.tf.json");
    const { resource } = JSON.parse(readFileSync(file, "utf8"));
    expect(Object.keys(resource.aws_subnet)).toHaveLength(9);
    expect(Object.keys(resource.aws_kms_key)).toHaveLength(8);
  });
});
