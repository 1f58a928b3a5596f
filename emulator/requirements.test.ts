import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import toolVersions from "../tool-versions.json" with { type: "json" };

const { minimum, newestTested } = toolVersions.moto;

describe.each([
  ["requirements.txt", newestTested],
  ["requirements-oldest.txt", minimum],
])("%s", (file, moto) => {
  const text = readFileSync(new URL(file, import.meta.url), "utf8");
  const packages = text.split(/^(?=[a-z0-9])/im).filter((each) => !each.startsWith("#"));

  it(`installs moto ${moto}, as tool-versions.json says`, () => {
    expect(packages.filter((each) => each.startsWith("moto=="))).toHaveLength(1);
    expect(text).toContain(`\nmoto==${moto} \\\n`);
    expect(text).toContain(`echo 'moto[server]==${moto}'`);
  });

  it("pins each package to an exact version with hashes", () => {
    expect(packages.length).toBeGreaterThan(40);
    for (const each of packages) {
      expect(each).toMatch(/^[a-z0-9-]+==[\w.]+ (; .+ )?\\\n {4}--hash=sha256:[0-9a-f]{64}/);
    }
  });

  it("names no package index", () => {
    expect(text).not.toMatch(/https?:|^-|--(extra-)?index-url (?!-)|--find-links/m);
  });
});
