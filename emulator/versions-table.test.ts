import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import toolVersions from "../tool-versions.json" with { type: "json" };

it("docs/emulator.md lists the versions of tool-versions.json", () => {
  const document = readFileSync(new URL("../docs/emulator.md", import.meta.url), "utf8");
  const section = document.split("## Versions\n")[1]?.split("\n## ")[0] ?? "";
  const rows = section
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const { moto, terraform, opentofu, awsProvider } = toolVersions;
  expect(rows).toEqual([
    ["moto", moto.minimum, moto.newestTested],
    ["Terraform", terraform.minimum, terraform.newestTested],
    ["OpenTofu", opentofu.minimum, opentofu.newestTested],
    ["AWS provider", awsProvider.minimum, awsProvider.newestTested],
  ]);
});
