import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import semver from "semver";
import toolVersions from "../../tool-versions.json" with { type: "json" };
import { homeFolder } from "../home-folder.js";
import { UserError } from "../user-error.js";

/** Hostname of each product's public registry. Also the folder name in a mirror. */
export const REGISTRY_HOSTS = {
  Terraform: "registry.terraform.io",
  OpenTofu: "registry.opentofu.org",
} as const;
type Product = keyof typeof REGISTRY_HOSTS;

/** The only provider that local runs need. */
const PROVIDER = { namespace: "hashicorp", type: "aws" };
/** Older versions lack arguments that the stacks use. */
const MINIMUM_VERSION = toolVersions.awsProvider.minimum;

/** Filesystem mirror with the AWS provider. */
export interface ProviderMirror {
  readonly path: string;
  /** Setting or search that led to the folder, for messages. */
  readonly from: string;
  /** Full source address of the provider, such as `registry.terraform.io/hashicorp/aws`. */
  readonly address: string;
  /** The newest version of the provider for this machine, such as `5.100.0`. */
  readonly version: string;
}

export interface FindProviderMirrorProps {
  /**
   * Product that reads the mirror. Terraform uses only `registry.terraform.io`; OpenTofu can use either host.
   *
   * @default Terraform
   */
  readonly product?: Product;
  readonly env?: NodeJS.ProcessEnv;
  /** @default the user's home folder */
  readonly home?: string;
  /**
   * Folders that are searched to a depth of three levels when nothing is configured.
   *
   * @default /opt, /usr/local, /usr/share and the home folder
   */
  readonly searched?: readonly string[];
  /** Terraform's name of the platform. @default this machine's */
  readonly platform?: string;
}

/**
 * Finds a folder that holds the AWS provider: `TF_PLUGIN_MIRROR`; the `filesystem_mirror`s of the CLI configuration;
 * Terraform's implied mirrors; `TF_PLUGIN_CACHE_DIR`; then any folder at most three levels below a few well-known
 * ones. Returns undefined when there is none.
 *
 * @throws UserError if `TF_PLUGIN_MIRROR` names a folder that does not hold the provider
 * @see https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
 */
export function findProviderMirror({
  product = "Terraform",
  env = process.env,
  home = homeFolder(),
  searched = ["/opt", "/usr/local", "/usr/share", home],
  platform = thisPlatform(),
}: FindProviderMirrorProps = {}): ProviderMirror | undefined {
  const hosts =
    product === "OpenTofu" ? [REGISTRY_HOSTS.OpenTofu, REGISTRY_HOSTS.Terraform] : [REGISTRY_HOSTS.Terraform];
  const { TF_PLUGIN_MIRROR: configured } = env;
  if (configured) return configuredMirror(configured, hosts, platform);
  for (const { path, from } of configuredPlaces(env, home)) {
    const found = mirrorIn(path, from, hosts, platform);
    if (found !== undefined) return found;
  }
  for (const top of searched) {
    for (const path of foldersBelow(top, SEARCH_DEPTH)) {
      const found = mirrorIn(path, `found below ${top}`, hosts, platform);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function configuredMirror(path: string, hosts: readonly string[], platform: string): ProviderMirror {
  const found = mirrorIn(path, "TF_PLUGIN_MIRROR", hosts, platform);
  if (found !== undefined) return found;
  const hint = "Correct TF_PLUGIN_MIRROR, or unset it.";
  if (!existsSync(path)) {
    throw new UserError(`TF_PLUGIN_MIRROR names a folder that does not exist: ${path}.`, { hint });
  }
  const linked = hosts.map((host) => join(path, host)).find(isLink);
  if (linked !== undefined) {
    throw new UserError(`Terraform does not follow the symbolic link ${linked}.`, { hint });
  }
  throw new UserError(
    `The folder of TF_PLUGIN_MIRROR, ${path}, does not hold hashicorp/aws ${MINIMUM_VERSION} or newer for ${platform}.`,
    {
      hint: `Copy the folder ${join(hosts[0] ?? "", PROVIDER.namespace, PROVIDER.type)} of another mirror there, or unset TF_PLUGIN_MIRROR.`,
    },
  );
}

interface Place {
  readonly path: string;
  readonly from: string;
}

/** Returns the configured mirrors, the implied mirrors and the plugin caches, in order of precedence. */
function configuredPlaces(env: NodeJS.ProcessEnv, home: string): Place[] {
  const config = readCliConfig(env, home);
  const ofConfig = (setting: (text: string) => readonly string[]) =>
    config === undefined ? [] : setting(config.text).map((path) => ({ path, from: config.file }));
  const { TF_PLUGIN_CACHE_DIR: cache } = env;
  return [
    ...ofConfig(filesystemMirrors),
    ...impliedMirrors(env, home).map((path) => ({ path, from: "implied local mirror directory" })),
    ...(cache ? [{ path: cache, from: "TF_PLUGIN_CACHE_DIR" }] : []),
    ...ofConfig(pluginCaches),
  ];
}

/**
 * Reads the user's CLI configuration; undefined when there is none. Ignores a TF_CLI_CONFIG_FILE that does not exist.
 */
function readCliConfig(env: NodeJS.ProcessEnv, home: string): { file: string; text: string } | undefined {
  const files = [env.TF_CLI_CONFIG_FILE, join(home, ".terraformrc"), join(home, ".tofurc")];
  for (const file of files.filter((each) => each !== undefined)) {
    try {
      return { file, text: readFileSync(file, "utf8") };
    } catch {
      // Missing or unreadable: try the next one.
    }
  }
  return undefined;
}

/** Returns the paths of the `filesystem_mirror { path = "…" }` blocks in a Terraform CLI configuration. */
export function filesystemMirrors(config: string): string[] {
  const blocks = withoutComments(config).matchAll(/filesystem_mirror\s*\{[^}]*?\bpath\s*=\s*"([^"]+)"/g);
  return [...blocks].map(([, path = ""]) => path);
}

/** Returns the URL of the `network_mirror` block in a Terraform CLI configuration, or undefined. */
export function networkMirror(config: string): string | undefined {
  return /network_mirror\s*\{[^}]*?\burl\s*=\s*"([^"]+)"/.exec(withoutComments(config))?.[1];
}

/** Returns the URL of the network mirror in the user's CLI configuration, or undefined. */
export function configuredNetworkMirror(
  env: NodeJS.ProcessEnv = process.env,
  home: string = homeFolder(),
): string | undefined {
  const config = readCliConfig(env, home);
  return config === undefined ? undefined : networkMirror(config.text);
}

function pluginCaches(config: string): string[] {
  const settings = withoutComments(config).matchAll(/^\s*plugin_cache_dir\s*=\s*"([^"]+)"/gm);
  return [...settings].map(([, path = ""]) => path.replace(/^\$HOME/, homeFolder()));
}

function withoutComments(config: string): string {
  return config.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*(#|\/\/).*$/gm, "");
}

function impliedMirrors({ XDG_DATA_HOME, XDG_DATA_DIRS }: NodeJS.ProcessEnv, home: string): string[] {
  const shared = (XDG_DATA_DIRS || "/usr/local/share:/usr/share").split(delimiter);
  const linux = [XDG_DATA_HOME || join(home, ".local/share"), ...shared];
  const macos = [join(home, "Library/Application Support"), "/Library/Application Support"];
  return [
    join(home, ".terraform.d/plugins"),
    ...(process.platform === "darwin" ? macos.map((folder) => join(folder, "io.terraform/plugins")) : []),
    ...linux.flatMap((folder) => [join(folder, "terraform/plugins"), join(folder, "opentofu/plugins")]),
  ];
}

/** Levels below a well-known folder that are searched. */
const SEARCH_DEPTH = 3;
/** Maximum number of folders to search, because a home folder can be huge. Takes about a second. */
const SEARCH_LIMIT = 20_000;
const NEVER_A_MIRROR = new Set(["node_modules", ".git", ".cache", "proc"]);

/** Yields a folder and its subfolders, nearest first. Does not follow symbolic links. */
function* foldersBelow(top: string, depth: number): Generator<string> {
  let level = [top];
  let seen = 0;
  for (let below = 0; below <= depth; below += 1) {
    const next: string[] = [];
    for (const folder of level) {
      seen += 1;
      if (seen > SEARCH_LIMIT) return;
      yield folder;
      if (below < depth) next.push(...subfolders(folder));
    }
    level = next;
  }
}

function subfolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !NEVER_A_MIRROR.has(entry.name))
      .map(({ name }) => join(folder, name))
      .sort();
  } catch {
    return []; // does not exist or is not readable
  }
}

function mirrorIn(
  path: string,
  from: string,
  hosts: readonly string[],
  platform: string,
): ProviderMirror | undefined {
  for (const host of hosts) {
    // Terraform does not follow a symbolic link here.
    if (isLink(join(path, host))) continue;
    const version = newestVersion(join(path, host, PROVIDER.namespace, PROVIDER.type), platform);
    if (version !== undefined) {
      // Terraform runs in another folder.
      return {
        path: resolve(path),
        from,
        address: `${host}/${PROVIDER.namespace}/${PROVIDER.type}`,
        version,
      };
    }
  }
  return undefined;
}

/**
 * Returns the newest version of a provider for a platform, in the unpacked or packed layout: `VERSION/OS_ARCH/` or
 * `terraform-provider-TYPE_VERSION_OS_ARCH.zip`.
 */
function newestVersion(folder: string, platform: string): string | undefined {
  const entries = entriesOf(folder);
  const packed = new RegExp(`^terraform-provider-${PROVIDER.type}_(.+)_${platform}\\.zip$`);
  const versions = entries.flatMap((entry) => {
    const zip = packed.exec(entry)?.[1];
    return zip ?? (existsSync(join(folder, entry, platform)) ? [entry] : []);
  });
  return versions
    .filter((version) => semver.valid(version) !== null && semver.gte(version, MINIMUM_VERSION))
    .sort(semver.compare)
    .at(-1);
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // does not exist or is not readable
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false; // does not exist, or in a folder that cannot be read
  }
}

/** Returns a CLI configuration that uses only a mirror, and no registry. */
export function cliConfigFor({ path }: Pick<ProviderMirror, "path">): string {
  return `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(path)}\n  }\n}\n`;
}

/** Returns Terraform's name of this platform: `linux_amd64`, `darwin_arm64`. */
export function thisPlatform(): string {
  const systems: Readonly<Record<string, string>> = { win32: "windows" };
  const machines: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };
  return `${systems[process.platform] ?? process.platform}_${machines[process.arch] ?? process.arch}`;
}
