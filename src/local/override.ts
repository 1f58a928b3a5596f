import { relative } from "node:path";
import type { ProviderMirror } from "../terraform/provider-mirror.js";
import type { StackConfiguration } from "../terraform/synthesized-stacks.js";

/** Setting that must differ in the emulated account. */
interface LocalSetting {
  readonly type: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly because: string;
}

const LOCAL_SETTINGS: readonly LocalSetting[] = [
  {
    type: "aws_rds_cluster",
    settings: { deletion_protection: false, skip_final_snapshot: true },
    because: "a protected database could not be removed, and a final snapshot of it is useless",
  },
  {
    type: "aws_db_instance",
    settings: { deletion_protection: false, skip_final_snapshot: true },
    because: "a protected database could not be removed, and a final snapshot of it is useless",
  },
  {
    type: "aws_lb",
    settings: { enable_deletion_protection: false },
    because: "a protected load balancer could not be removed",
  },
  {
    type: "aws_s3_bucket",
    settings: { force_destroy: true },
    because: "a bucket with objects (logs, local backups) could not be removed",
  },
  {
    type: "aws_ecr_repository",
    settings: { force_delete: true },
    because: "a repository with images could not be removed",
  },
  {
    type: "aws_secretsmanager_secret",
    settings: { recovery_window_in_days: 0 },
    because: "the name of a deleted secret would stay reserved for its recovery window",
  },
];

/** Resource whose settings differ from those in AWS. */
export interface Difference {
  /** Resource address. */
  readonly address: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly because: string;
}

/**
 * Returns the settings that must differ in the emulated account, from the synthesized resources. The stacks contain no
 * code for local runs.
 */
export function localDifferences({ resource }: StackConfiguration): Difference[] {
  const settings = LOCAL_SETTINGS.flatMap(({ type, settings, because }) =>
    Object.keys(resource[type] ?? {}).map((id) => ({ address: `${type}.${id}`, settings, because })),
  );
  return [...settings, ...preventedDestroys(resource)];
}

function preventedDestroys(resource: StackConfiguration["resource"]): Difference[] {
  return Object.entries(resource).flatMap(([type, resources]) =>
    Object.entries(resources)
      .filter(([, { lifecycle }]) => preventsDestroy(lifecycle))
      .map(([id]) => ({
        address: `${type}.${id}`,
        settings: { lifecycle: { prevent_destroy: false } },
        because: "a resource with prevent_destroy could not be removed",
      })),
  );
}

function preventsDestroy(lifecycle: unknown): boolean {
  const block = Array.isArray(lifecycle) ? lifecycle[0] : lifecycle;
  return (
    typeof block === "object" &&
    block !== null &&
    "prevent_destroy" in block &&
    block.prevent_destroy === true
  );
}

export interface OverrideProps {
  readonly synthesized: StackConfiguration;
  /** Folder of `cdk.tf.json`. */
  readonly folder: string;
  /** Terraform state file. */
  readonly stateFile: string;
  /** Mirror with the AWS provider; undefined keeps the stack's registry and version constraint. */
  readonly mirror: Pick<ProviderMirror, "address" | "version"> | undefined;
}

/**
 * Returns the content of `override.tf.json`, which Terraform merges into the synthesized stack: a local backend instead of
 * HCP Terraform, few retries of the provider, and {@link localDifferences}.
 *
 * @see https://developer.hashicorp.com/terraform/language/files/override
 */
export function localOverride(props: OverrideProps): string {
  const differences = localDifferences(props.synthesized);
  const override = {
    "//": [
      "Written by npm start. Differences from AWS, with reasons:",
      ...differences.map(
        ({ address, settings, because }) => `${address} ${JSON.stringify(settings)}: ${because}`,
      ),
    ],
    terraform: {
      // A relative path, so that a checkout can be moved with its state.
      backend: { local: { path: relative(props.folder, props.stateFile) } },
      ...pinnedProvider(props.mirror),
    },
    provider: { aws: awsProviders(props.synthesized) },
    ...(differences.length === 0 ? {} : { resource: resourcesOf(differences) }),
  };
  return `${JSON.stringify(override, null, 2)}\n`;
}

/** With the full source address, OpenTofu uses the provider from a mirror of Terraform's registry. */
function pinnedProvider(mirror: OverrideProps["mirror"]): Readonly<Record<string, unknown>> {
  if (mirror === undefined) return {};
  return { required_providers: { aws: { source: mirror.address, version: mirror.version } } };
}

/**
 * Maximum number of attempts. Few retries, because unsupported calls never succeed; some, because a connection may break on
 * a busy machine.
 */
const MAX_RETRIES = 3;

/** Terraform merges the entries with the stack's by alias; their region and default tags stay. */
function awsProviders({ provider }: StackConfiguration): Readonly<Record<string, unknown>>[] {
  const fewRetries = { max_retries: MAX_RETRIES };
  return (provider.aws ?? []).map(({ alias }) =>
    alias === undefined ? fewRetries : { alias, ...fewRetries },
  );
}

function resourcesOf(differences: readonly Difference[]): Record<string, Record<string, object>> {
  const resources: Record<string, Record<string, object>> = {};
  for (const { address, settings } of differences) {
    const [type = "", id = ""] = address.split(".");
    const ofType = resources[type] ?? {};
    resources[type] = { ...ofType, [id]: { ...ofType[id], ...settings } };
  }
  return resources;
}
