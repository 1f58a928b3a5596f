import semver from "semver";
import { describe, expect, it } from "vitest";
import { type FakeTerraform, fakeTerraform, temporaryFolder } from "../../test/fakes/local-tools.js";
import toolVersions from "../../tool-versions.json" with { type: "json" };
import { findWorkspaceTerraform } from "./workspace-terraform.js";

const { pinned, newestTested } = toolVersions.terraform;
const { major, minor, patch } = new semver.SemVer(pinned);

const find = (installed: FakeTerraform) =>
  findWorkspaceTerraform({
    PATH: process.env.PATH,
    TERRAFORM_BINARY_NAME: fakeTerraform(temporaryFolder(), installed),
  });

describe("looking for a Terraform for the workspaces", () => {
  it.each([pinned, `${major}.${minor}.${patch + 5}`])("accepts %s", async (version) => {
    expect(await find({ version })).toMatchObject({ product: "Terraform", version });
  });

  it.each([
    ["a newer minor version", { version: newestTested }, "Terraform"],
    ["the next minor version", { version: `${major}.${minor + 1}.0` }, "Terraform"],
    ["OpenTofu of the same minor version", { product: "OpenTofu", version: pinned }, "OpenTofu"],
  ] as const)(
    "rejects %s, with its version, the needed version and advice",
    async (_what, installed, product) => {
      const error: unknown = await find(installed).catch((reason: unknown) => reason);
      const message = error instanceof Error ? error.message : "";
      expect(message).toContain(`${product} ${installed.version} (`);
      expect(message).toContain(`need Terraform ${major}.${minor}. Install Terraform ${pinned} from`);
      expect(message).toMatch(/or set TERRAFORM_BINARY_NAME to its path\.$/);
    },
  );

  it("reports a missing Terraform", async () => {
    await expect(findWorkspaceTerraform({ TERRAFORM_BINARY_NAME: "no-such-terraform" })).rejects.toThrow(
      /^Terraform was not found: /,
    );
  });
});
