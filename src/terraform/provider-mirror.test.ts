import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { fakeMirror, temporaryFolder } from "../../test/fakes/local-tools.js";
import { cliConfigFor, filesystemMirrors, findProviderMirror, networkMirror } from "./provider-mirror.js";

const PLATFORM = "linux_amd64";
const ADDRESS = "registry.terraform.io/hashicorp/aws";

/** Returns a search on a machine with an empty home folder. */
function machine() {
  const home = temporaryFolder();
  const find = (props: Parameters<typeof findProviderMirror>[0] = {}) =>
    findProviderMirror({ home, searched: [], platform: PLATFORM, env: {}, ...props });
  return { home, find };
}

/** Moves a mirror to a place in a folder. */
function mirrorAt(path: string, versions?: readonly string[], host?: string): string {
  mkdirSync(dirname(path), { recursive: true });
  renameSync(fakeMirror(temporaryFolder(), PLATFORM, versions, host), path);
  return path;
}

describe("the provider mirror", () => {
  it("is the one in TF_PLUGIN_MIRROR before all others", () => {
    const { home, find } = machine();
    const path = mirrorAt(join(home, "configured"));
    mirrorAt(join(home, ".terraform.d/plugins"), ["5.101.0"]);
    expect(find({ env: { TF_PLUGIN_MIRROR: path } })).toEqual({
      path,
      from: "TF_PLUGIN_MIRROR",
      address: ADDRESS,
      version: "5.100.0",
    });
  });

  it("is any of those in the user's Terraform configuration", () => {
    const { home, find } = machine();
    const path = mirrorAt(join(home, "configured"));
    const config = join(home, "terraform.rc");
    writeFileSync(config, cliConfigFor({ path: "/no/such/mirror" }) + cliConfigFor({ path }));
    expect(find({ env: { TF_CLI_CONFIG_FILE: config } })).toMatchObject({ path, from: config });
    expect(find({ env: { TF_CLI_CONFIG_FILE: "/no/such/file" } })).toBeUndefined();
    renameSync(config, join(home, ".terraformrc"));
    expect(find({ env: { TF_CLI_CONFIG_FILE: "/no/such/file" } })).toMatchObject({ path });
  });

  it.each([
    [".terraform.d/plugins", {}],
    [".local/share/terraform/plugins", {}],
    ["data/terraform/plugins", { XDG_DATA_HOME: "data" }],
    ["shared/terraform/plugins", { XDG_DATA_DIRS: "other:shared" }],
  ])("is Terraform's implied mirror %s", (place, names) => {
    const { home, find } = machine();
    const path = mirrorAt(join(home, place));
    const env = Object.fromEntries(
      Object.entries(names).map(([name, value]) => [
        name,
        value
          .split(":")
          .map((folder) => join(home, folder))
          .join(":"),
      ]),
    );
    expect(find({ env })).toMatchObject({ path });
  });

  it("is the plugin cache, named in the environment or in the configuration", () => {
    const { home, find } = machine();
    const path = mirrorAt(join(home, "cache"));
    expect(find({ env: { TF_PLUGIN_CACHE_DIR: path } })).toMatchObject({ path, from: "TF_PLUGIN_CACHE_DIR" });
    writeFileSync(join(home, ".terraformrc"), `plugin_cache_dir = "${path}"\n`);
    expect(find()).toMatchObject({ path, from: join(home, ".terraformrc") });
  });

  it("is else found at most three levels below a well-known folder", () => {
    const { find } = machine();
    const top = temporaryFolder();
    const path = mirrorAt(join(top, "a/b/c"));
    expect(find({ searched: ["/no/such/folder", top] })).toMatchObject({ path, from: `found below ${top}` });
    expect(find({ searched: [join(top, "a/b/c")] })).toMatchObject({ path });
    const deep = temporaryFolder();
    mirrorAt(join(deep, "a/b/c/d"));
    expect(find({ searched: [deep] })).toBeUndefined();
  });

  it("is not found without one for this platform and version", () => {
    const { home, find } = machine();
    expect(find()).toBeUndefined();
    mirrorAt(join(home, ".terraform.d/plugins"), ["5.99.0"]);
    expect(find()).toBeUndefined();
    mirrorAt(join(home, ".local/share/terraform/plugins"));
    expect(find({ platform: "darwin_arm64" })).toBeUndefined();
    expect(find()).toMatchObject({ version: "5.100.0" });
  });

  it("returns its newest version, packed or unpacked", () => {
    const { home, find } = machine();
    const path = mirrorAt(join(home, "mirror"), ["5.100.0", "6.9.1", "not-a-version"]);
    expect(find({ env: { TF_PLUGIN_MIRROR: path } })).toMatchObject({ version: "6.9.1" });
    writeFileSync(join(path, ADDRESS, `terraform-provider-aws_6.25.0_${PLATFORM}.zip`), "");
    expect(find({ env: { TF_PLUGIN_MIRROR: path } })).toMatchObject({ version: "6.25.0" });
  });

  it("may have either registry's host for OpenTofu, and only its own for Terraform", () => {
    const { home, find } = machine();
    const path = mirrorAt(join(home, "mirror"));
    const env = { TF_PLUGIN_MIRROR: path };
    expect(find({ env, product: "OpenTofu" })).toMatchObject({ address: ADDRESS });
    mirrorAt(join(path, "registry.opentofu.org"));
    const tofu = mirrorAt(join(home, "tofu"), ["6.30.0"], "registry.opentofu.org");
    const address = "registry.opentofu.org/hashicorp/aws";
    expect(find({ env: { TF_PLUGIN_MIRROR: tofu }, product: "OpenTofu" })).toMatchObject({ address });
    expect(() => find({ env: { TF_PLUGIN_MIRROR: tofu } })).toThrow(/does not hold hashicorp\/aws/);
  });

  it("must not have a symbolic link as its host folder, which Terraform does not follow", () => {
    const { home, find } = machine();
    const real = mirrorAt(join(home, "real"));
    const linked = join(home, "linked");
    mkdirSync(linked);
    symlinkSync(join(real, "registry.terraform.io"), join(linked, "registry.terraform.io"));
    expect(() => find({ env: { TF_PLUGIN_MIRROR: linked } })).toThrow(/does not follow the symbolic link/);
    expect(find({ env: { TF_PLUGIN_CACHE_DIR: linked } })).toBeUndefined();
  });

  it("is reported with a hint if TF_PLUGIN_MIRROR is wrong", () => {
    const { home, find } = machine();
    expect(() => find({ env: { TF_PLUGIN_MIRROR: "/no/such/mirror" } })).toThrow(
      /folder that does not exist: \/no\/such\/mirror\. Correct TF_PLUGIN_MIRROR/,
    );
    expect(() => find({ env: { TF_PLUGIN_MIRROR: home }, platform: "darwin_arm64" })).toThrow(
      /does not hold hashicorp\/aws 5\.100\.0 or newer for darwin_arm64\. Copy the folder registry\.terraform\.io\/hashicorp\/aws .*unset TF_PLUGIN_MIRROR/,
    );
  });
});

describe("a Terraform CLI configuration", () => {
  it("names filesystem mirrors and a network mirror outside its comments", () => {
    const config = `
# filesystem_mirror { path = "/old" }
provider_installation {
  filesystem_mirror {
    include = ["example.com/*/*"]
    path    = "/first"
  }
  filesystem_mirror { path = "/second" }
  network_mirror { url = "https://mirror.example.com/providers/" }
}`;
    expect(filesystemMirrors(config)).toEqual(["/first", "/second"]);
    expect(networkMirror(config)).toBe("https://mirror.example.com/providers/");
    expect(networkMirror("provider_installation { direct {} }")).toBeUndefined();
  });
});
