import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  cliConfigFor,
  compareVersions,
  filesystemMirror,
  findProviderMirror,
  mirroredVersion,
} from "./provider-mirror.js";
import { fakeMirror, temporaryFolder } from "./testing.js";

describe("a provider mirror", () => {
  it("is the one that TF_PLUGIN_MIRROR names", () => {
    const path = temporaryFolder();
    expect(findProviderMirror({ TF_PLUGIN_MIRROR: path })).toEqual({ path, from: "TF_PLUGIN_MIRROR" });
  });

  it("is else the one in the user's Terraform configuration", () => {
    const path = temporaryFolder();
    const config = join(path, "terraform.rc");
    writeFileSync(config, cliConfigFor({ path, from: "" }));
    expect(findProviderMirror({ TF_CLI_CONFIG_FILE: config })).toEqual({ path, from: config });
  });

  it("is none where nobody configured one: then the registry is used", () => {
    expect(findProviderMirror({ TF_CLI_CONFIG_FILE: "/no/such/file" })).toBeUndefined();
    expect(
      filesystemMirror('# filesystem_mirror { path = "/old" }\nprovider_installation { direct {} }'),
    ).toBeUndefined();
  });

  it("that does not exist is said at once", () => {
    expect(() => findProviderMirror({ TF_PLUGIN_MIRROR: "/no/such/mirror" })).toThrow(
      /TF_PLUGIN_MIRROR names a folder that does not exist: \/no\/such\/mirror/,
    );
  });

  it("gives its newest version for this platform", () => {
    const path = fakeMirror(temporaryFolder(), "linux_amd64", ["5.99.1", "5.100.0"]);
    expect(mirroredVersion({ path, from: "" }, "hashicorp/aws", "linux_amd64")).toBe("5.100.0");
    expect(() =>
      mirroredVersion({ path, from: "TF_PLUGIN_MIRROR" }, "hashicorp/aws", "darwin_arm64"),
    ).toThrow(
      /\(from TF_PLUGIN_MIRROR\) does not hold hashicorp\/aws for darwin_arm64.*providers mirror -platform=darwin_arm64/,
    );
  });

  it("may hold packed providers", () => {
    const path = temporaryFolder();
    const folder = join(path, "registry.terraform.io/hashicorp/aws");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "terraform-provider-aws_6.25.0_linux_amd64.zip"), "");
    expect(mirroredVersion({ path, from: "" }, "hashicorp/aws", "linux_amd64")).toBe("6.25.0");
  });
});

describe("versions", () => {
  it.each([
    ["5.100.0", "5.99.1"],
    ["1.11.0", "1.9.8"],
    ["2.0.0", "1.99.99"],
  ])("order %s after %s", (newer, older) => {
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
    expect(compareVersions(older, newer)).toBeLessThan(0);
  });
});
