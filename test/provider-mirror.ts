import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cliConfigFor, findProviderMirror } from "../src/terraform/provider-mirror.js";

/**
 * Writes Terraform's CLI configuration for the provider mirror of this machine.
 *
 * @param folder folder for the configuration
 * @returns the environment variable that points Terraform to it; empty if the machine has no mirror
 */
export function useProviderMirror(folder: string): Readonly<Record<string, string>> {
  const mirror = findProviderMirror();
  if (mirror === undefined) return {};
  const file = join(folder, "terraform.rc");
  writeFileSync(file, cliConfigFor(mirror));
  return { TF_CLI_CONFIG_FILE: file };
}
