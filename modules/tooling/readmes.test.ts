import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { moduleFolders, PACKAGE_FOLDER, renderReadme } from "./readmes.js";

const folders = moduleFolders();
const read = (...path: string[]) => readFileSync(join(PACKAGE_FOLDER, ...path), "utf8");

describe("READMEs of the modules", () => {
  it("exist for all folders with exports, together with an example", () => {
    const exported = new Set(Object.values(manifest.exports).map((file) => file.split("/")[1]));
    expect([...exported].sort()).toEqual(folders);
  });

  it.each(folders)("%s: is up to date (npm run docs --workspace modules)", (folder) => {
    expect(read(folder, "README.md")).toBe(renderReadme(folder));
  });

  it.each(folders)("%s: describes each input", (folder) => {
    const inputs = read(folder, "README.md").matchAll(/^\| `(\w+)` \| `.*` \| .+ \| (.*) \|$/gm);
    const undocumented = [...inputs].filter(([, , description]) => description?.trim() === "");
    expect(undocumented.map(([, name]) => name).filter((name) => !SELF_EXPLANATORY.has(name ?? ""))).toEqual(
      [],
    );
  });

  it("are listed in the README of the package", () => {
    const listed = [...read("README.md").matchAll(/^\| \[([\w-]+)\]\(\1\/README\.md\)/gm)].map(
      ([, name]) => name,
    );
    expect(listed).toEqual(folders);
  });

  it("contain no folder without tests", () => {
    for (const folder of folders) {
      const files = readdirSync(join(PACKAGE_FOLDER, folder), { recursive: true, encoding: "utf8" });
      expect(files.filter((file) => file.endsWith(".test.ts")).length, folder).toBeGreaterThan(0);
    }
  });
});

/** Inputs whose name and type say everything. */
const SELF_EXPLANATORY = new Set([
  "account",
  "accountId",
  "bucketName",
  "cluster",
  "clusterName",
  "database",
  "kmsKeyArn",
  "loadBalancer",
  "nodeRoleArn",
  "namespace",
  "organization",
  "project",
  "region",
  "securityGroupIds",
  "serviceAccount",
  "topicArn",
  "vpcId",
  "webAcl",
  "minSize",
  "maxSize",
  "subnetIds",
  "variable",
  "workspaces",
  "description",
  "resource",
  "branch",
  "url",
  "deletionProtection",
]);
