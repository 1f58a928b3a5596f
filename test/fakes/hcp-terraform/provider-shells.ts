import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { thisPlatform } from "../../../src/terraform/provider-mirror.js";

/**
 * Creates a mirror with provider stubs. `terraform init` installs them and records their checksums, as before a remote
 * run. Running a stub fails, so a successful plan was not made on this machine.
 *
 * @param required - `required_providers` of the stacks
 * @returns Terraform CLI configuration that uses the mirror
 */
export function shellProviders(
  required: readonly Readonly<
    Record<string, { readonly source: string; readonly version?: string | undefined }>
  >[],
  folder: string,
): string {
  for (const { source, version } of required.flatMap((providers) => Object.values(providers))) {
    const [type = "", namespace = "hashicorp"] = source.split("/").reverse();
    const exact = lowest(version);
    const place = join(folder, "registry.terraform.io", namespace, type, exact, thisPlatform());
    mkdirSync(place, { recursive: true });
    const binary = join(place, `terraform-provider-${type}_v${exact}`);
    writeFileSync(binary, "#!/bin/sh\necho 'provider stub' >&2\nexit 1\n");
    chmodSync(binary, 0o755);
  }
  return `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(folder)}\n  }\n}\n`;
}

/** Lowest version that a constraint such as `~> 6.26` or `0.71.0` allows. */
function lowest(constraint = "1.0.0"): string {
  const numbers = constraint.replace(/^\D*/, "").split(".");
  return [...numbers, "0", "0"].slice(0, 3).join(".");
}
