import { readFileSync } from "node:fs";
import { join } from "node:path";
import semver from "semver";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import toolVersions from "../tool-versions.json" with { type: "json" };

const LockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      hasInstallScript: z.boolean().default(false),
      engines: z.object({ node: z.string().optional() }).optional().catch(undefined),
      resolved: z.string().optional(),
    }),
  ),
});
const { packages } = LockFile.parse(JSON.parse(readFileSync("package-lock.json", "utf8")));
const { allowScripts } = z
  .object({ allowScripts: z.record(z.string(), z.boolean()) })
  .parse(JSON.parse(readFileSync("package.json", "utf8")));

const nameOf = (path: string) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);

describe("the license", () => {
  it("is the MIT license in LICENSE and in package.json of the root and of each workspace", () => {
    const Package = z.object({ license: z.string(), workspaces: z.array(z.string()).default([]) });
    const read = (folder: string) =>
      Package.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
    const folders = [".", ...read(".").workspaces];
    expect(folders.length).toBeGreaterThan(1);
    for (const folder of folders) expect(read(folder).license, folder).toBe("MIT");
    expect(readFileSync("LICENSE", "utf8")).toMatch(
      /^MIT License\n\nCopyright \(c\) \d{4} The Notejam on EKS authors\n/,
    );
  });
});

describe("npm ci", () => {
  it("needs no install script of any package", () => {
    const withScript = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript);
    const undecided = withScript.map(([path]) => nameOf(path)).filter((name) => allowScripts[name] !== false);
    expect(undecided).toEqual([]);
    expect(Object.values(allowScripts)).not.toContain(true);
  });

  it("installs only packages that support the oldest Node", () => {
    const { minimum } = toolVersions.node;
    const tooNew = Object.entries(packages)
      .filter(([, { engines }]) => engines?.node !== undefined && !semver.satisfies(minimum, engines.node))
      .map(([path, { engines }]) => `${nameOf(path)} needs Node ${engines?.node}`);
    expect(tooNew).toEqual([]);
  });

  it("uses a lock file without registry URLs", () => {
    const addresses = Object.values(packages).flatMap(({ resolved }) => resolved ?? []);
    expect(addresses.filter((address) => address.includes("://"))).toEqual([]);
  });
});
