import { readFileSync } from "node:fs";
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
