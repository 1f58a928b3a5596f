import { renameSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type FakeTerraform, fakeTerraform, temporaryFolder } from "../../test/fakes/local-tools.js";
import { findTerraform } from "./find-terraform.js";

/** A folder that is the whole PATH, with programs of these names in it. */
function pathWith(programs: Readonly<Record<string, FakeTerraform>>): NodeJS.ProcessEnv {
  const folder = temporaryFolder();
  for (const [name, behaviour] of Object.entries(programs)) {
    renameSync(fakeTerraform(temporaryFolder(), behaviour), join(folder, name));
  }
  return { PATH: folder };
}

const OPENTOFU = { product: "OpenTofu", version: "1.12.6" } as const;

describe("looking for Terraform", () => {
  it("prefers terraform to tofu", async () => {
    const env = pathWith({ terraform: { version: "1.15.9" }, tofu: OPENTOFU });
    expect(await findTerraform(env)).toEqual({
      product: "Terraform",
      binary: "terraform",
      version: "1.15.9",
    });
  });

  it("finds OpenTofu under either name", async () => {
    expect(await findTerraform(pathWith({ tofu: OPENTOFU }))).toEqual({ ...OPENTOFU, binary: "tofu" });
    expect(await findTerraform(pathWith({ terraform: OPENTOFU }))).toMatchObject(OPENTOFU);
  });

  it("uses OpenTofu if Terraform is too old", async () => {
    const env = pathWith({ terraform: { version: "1.5.7" }, tofu: OPENTOFU });
    expect(await findTerraform(env)).toMatchObject(OPENTOFU);
  });

  it("uses only the binary in TERRAFORM_BINARY_NAME", async () => {
    const env = pathWith({ terraform: {}, mine: { version: "1.13.3" } });
    expect(await findTerraform({ ...env, TERRAFORM_BINARY_NAME: "mine" })).toMatchObject({ binary: "mine" });
    await expect(findTerraform({ ...env, TERRAFORM_BINARY_NAME: "yours" })).rejects.toThrow(
      /^Terraform was not found: TERRAFORM_BINARY_NAME names yours, .*developer\.hashicorp\.com/,
    );
  });

  it("reports in one line how to install it", async () => {
    await expect(findTerraform(pathWith({}))).rejects.toThrow(
      /^Terraform was not found: neither terraform nor tofu is on the PATH\. Install Terraform 1\.11\.0 or newer: \S+\.$/,
    );
  });

  it("reports a version that is too old, and the reason", async () => {
    await expect(findTerraform(pathWith({ terraform: { version: "1.9.8" } }))).rejects.toThrow(
      /^Terraform 1\.9\.8 \(`terraform`\) is too old: write-only .*1\.11\.0\. Install/,
    );
  });

  it("reports the error output of a program that is not Terraform", async () => {
    const env = { PATH: process.env.PATH, TERRAFORM_BINARY_NAME: "false" };
    await expect(findTerraform(env)).rejects.toThrow("`false version` printed no version.");
  });
});
