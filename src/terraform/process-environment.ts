import { existsSync } from "node:fs";

export interface TerraformEnvironmentProps {
  /** The variables that lead to the emulated AWS. */
  readonly emulator: Readonly<Record<string, string>>;
  /** An empty file, in the place of the user's own AWS profiles. */
  readonly emptyFile: string;
  readonly pluginCache: string;
  /** Terraform's CLI configuration when a mirror is used. */
  readonly cliConfig?: string;
  /** Values of the stack's variables. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Terraform's environment for a local run. Nothing of the user's own AWS or Terraform settings is passed on: a local
 * run can reach the emulator and nothing else, whatever profile is active in the shell.
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
    // The folder is thrown away with everything in it: checksums of other platforms are of no use there.
    TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: "1",
    ...(config === undefined || !existsSync(config) ? {} : { TF_CLI_CONFIG_FILE: config }),
    ...Object.fromEntries(variables),
  };
}

/** The environment without settings of AWS and Terraform. */
export function withoutTerraformSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isForeign = (name: string) => name.startsWith("AWS_") || name.startsWith("TF_");
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isForeign(name)));
}
