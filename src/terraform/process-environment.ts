import { existsSync } from "node:fs";

export interface TerraformEnvironmentProps {
  /** Variables that point to the emulated AWS. */
  readonly emulator: Readonly<Record<string, string>>;
  /** Empty file that replaces the user's AWS profiles. */
  readonly emptyFile: string;
  readonly pluginCache: string;
  /** Terraform's CLI configuration file for a mirror. @default the user's configuration */
  readonly cliConfig?: string;
  /** Values of the stack's variables. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Returns Terraform's environment for a local run. It contains none of the user's AWS or Terraform settings, so that a
 * local run can reach only the emulator, regardless of the active profile.
 */
export function terraformEnvironment(props: TerraformEnvironmentProps, env = process.env): NodeJS.ProcessEnv {
  const variables = Object.entries(props.variables).map(([name, value]) => [`TF_VAR_${name}`, value]);
  const config = props.cliConfig ?? env.TF_CLI_CONFIG_FILE;
  return {
    ...withoutTerraformSettings(env),
    ...props.emulator,
    AWS_CONFIG_FILE: props.emptyFile,
    AWS_SHARED_CREDENTIALS_FILE: props.emptyFile,
    TF_IN_AUTOMATION: "1",
    TF_PLUGIN_CACHE_DIR: props.pluginCache,
    // The local lock file needs no checksums of other platforms.
    TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: "1",
    ...(config === undefined || !existsSync(config) ? {} : { TF_CLI_CONFIG_FILE: config }),
    ...Object.fromEntries(variables),
  };
}

/** Removes the settings of AWS and Terraform from an environment. */
export function withoutTerraformSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isForeign = (name: string) => name.startsWith("AWS_") || name.startsWith("TF_");
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isForeign(name)));
}
