import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { LocalProblem } from "./problem.js";

/** A folder of Terraform providers that stands in for the registry. */
export interface ProviderMirror {
  readonly path: string;
  /** Where the path was found, for messages. */
  readonly from: string;
}

/**
 * Finds the mirror to use instead of the registry: `TF_PLUGIN_MIRROR`, else the `filesystem_mirror` of the user's
 * own Terraform configuration; undefined means the registry.
 *
 * @throws LocalProblem when `TF_PLUGIN_MIRROR` names a folder that is not there
 */
export function findProviderMirror(env: NodeJS.ProcessEnv = process.env): ProviderMirror | undefined {
  const stated = env.TF_PLUGIN_MIRROR;
  if (stated !== undefined && stated !== "") {
    if (!existsSync(stated)) {
      throw new LocalProblem(
        `TF_PLUGIN_MIRROR names a folder that does not exist: ${stated}.`,
        "Correct it, or unset it to use the Terraform registry.",
      );
    }
    return { path: stated, from: "TF_PLUGIN_MIRROR" };
  }
  const config = env.TF_CLI_CONFIG_FILE ?? join(homedir(), ".terraformrc");
  const path = existsSync(config) ? filesystemMirror(readFileSync(config, "utf8")) : undefined;
  return path !== undefined && existsSync(path) ? { path, from: config } : undefined;
}

/** The first `filesystem_mirror { path = "…" }` of a Terraform CLI configuration. */
export function filesystemMirror(config: string): string | undefined {
  const withoutComments = config.replaceAll(/^\s*(#|\/\/).*$/gm, "");
  return /filesystem_mirror\s*\{[^}]*?\bpath\s*=\s*"([^"]+)"/.exec(withoutComments)?.[1];
}

/**
 * The newest version of a provider that a mirror holds for this machine, in either of Terraform's layouts
 * (`HOST/NAMESPACE/TYPE/VERSION/OS_ARCH/` or `HOST/NAMESPACE/TYPE/terraform-provider-TYPE_VERSION_OS_ARCH.zip`).
 *
 * @param source the provider's source address, for instance `hashicorp/aws`
 * @throws LocalProblem when the mirror does not hold it
 */
export function mirroredVersion(mirror: ProviderMirror, source: string, platform = thisPlatform()): string {
  const folder = join(mirror.path, ...fullSource(source));
  const entries = existsSync(folder) ? readdirSync(folder) : [];
  const type = source.split("/").at(-1) ?? source;
  const packed = new RegExp(`^terraform-provider-${type}_(.+)_${platform}\\.zip$`);
  const versions = entries.flatMap((entry) => {
    const zip = packed.exec(entry)?.[1];
    return zip ?? (existsSync(join(folder, entry, platform)) ? [entry] : []);
  });
  const newest = versions.sort(compareVersions).at(-1);
  if (newest === undefined) {
    throw new LocalProblem(
      `The provider mirror ${mirror.path} (from ${mirror.from}) does not hold ${source} for ${platform}.`,
      `Add it with \`terraform providers mirror -platform=${platform} ${mirror.path}\`, or unset the mirror to use the Terraform registry.`,
    );
  }
  return newest;
}

/** Terraform's configuration for a mirror and nothing else: no registry is asked. */
export function cliConfigFor(mirror: ProviderMirror): string {
  return `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror.path)}\n  }\n}\n`;
}

/** Terraform's name of this machine: `linux_amd64`, `darwin_arm64`. */
export function thisPlatform(): string {
  const systems: Readonly<Record<string, string>> = { win32: "windows" };
  const machines: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };
  return `${systems[process.platform] ?? process.platform}_${machines[process.arch] ?? process.arch}`;
}

/** Orders `5.100.0` after `5.99.1`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/).map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

function fullSource(source: string): string[] {
  const parts = source.split("/");
  return parts.length === 2 ? ["registry.terraform.io", ...parts] : parts;
}
