import { createRequire } from "node:module";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import toolVersions from "../tool-versions.json" with { type: "json" };

interface Preflight {
  readonly unsupported: (version: string, platform: NodeJS.Platform) => string | undefined;
  readonly notInstalled: (resolve: (name: string) => string) => string | undefined;
}
const { unsupported, notInstalled }: Preflight = createRequire(import.meta.url)("./preflight.cjs");

describe("the check before npm start and npm test", () => {
  it.each([toolVersions.node.minimum, "20.20.0", "22.0.0", "26.10.0"])("accepts Node %s", (version) => {
    expect(unsupported(version, "linux")).toBeUndefined();
    expect(unsupported(version, "darwin")).toBeUndefined();
  });

  it.each(["18.20.8", "20.18.3", "9.11.2"])("names the version to install instead of Node %s", (version) => {
    expect(unsupported(version, "linux")).toBe(
      `Node ${version} is too old: Notejam needs Node ${toolVersions.node.minimum} or newer. Get it at https://nodejs.org/.`,
    );
  });

  it("points to WSL 2 on Windows", () => {
    expect(unsupported("24.0.0", "win32")).toMatch(/^[^\n]*WSL 2[^\n]*$/);
  });

  it("exits with 2", async () => {
    const onWindows = "data:text/javascript,Object.defineProperty(process,'platform',{value:'win32'})";
    const { exitCode, stderr } = await execa(process.execPath, ["--import", onWindows, "src/preflight.cjs"], {
      reject: false,
    });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^[^\n]*WSL 2[^\n]*$/);
  });

  it("asks for npm ci where the packages are missing", () => {
    expect(notInstalled(createRequire(import.meta.url).resolve)).toBeUndefined();
    expect(notInstalled(createRequire("/").resolve)).toMatch(
      /^The packages are not installed\. Run: npm ci /,
    );
  });

  it("states the same minimum as package.json", async () => {
    const { default: packageJson } = await import("../package.json", { with: { type: "json" } });
    expect(`>=${toolVersions.node.minimum}`).toBe(`${packageJson.engines.node}.0`);
  });
});
