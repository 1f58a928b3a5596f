import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { callsOf, fakeTerraform, temporaryFolder } from "../../test/fakes/local-tools.js";
import { runNotejam } from "../../test/run-notejam.js";
import toolVersions from "../../tool-versions.json" with { type: "json" };

describe("the bootstrap command", () => {
  it.each([
    ["Terraform", toolVersions.terraform.newestTested],
    ["OpenTofu", toolVersions.opentofu.newestTested],
  ] as const)(
    "ends before its first step with %s %s, which HCP Terraform rejects",
    async (product, version) => {
      const folder = temporaryFolder();
      const env = {
        PATH: process.env.PATH,
        HOME: join(folder, "home"),
        TERRAFORM_BINARY_NAME: fakeTerraform(folder, { product, version }),
      };
      const { status, stdout, stderr } = await runNotejam(["bootstrap"], env);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toMatch(
        new RegExp(`^${product} ${version} \\(.*\\) cannot use the workspaces in HCP Terraform, .*$`),
      );
      expect(callsOf(folder, "terraform")).toEqual([]);
    },
  );
});
