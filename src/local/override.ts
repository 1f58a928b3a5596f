import { relative } from "node:path";
import type { ProviderMirror } from "../terraform/provider-mirror.js";
import type { StackConfiguration } from "../terraform/synthesized-stacks.js";

/** A setting that is right for AWS and in the way of an account that is thrown away. */
interface LocalSetting {
  readonly type: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly because: string;
}

const LOCAL_SETTINGS: readonly LocalSetting[] = [
  {
    type: "aws_rds_cluster",
    settings: { deletion_protection: false, skip_final_snapshot: true },
    because: "a protected database could not be removed, and nobody restores an emulated final snapshot",
  },
  {
    type: "aws_db_instance",
    settings: { deletion_protection: false, skip_final_snapshot: true },
    because: "a protected database could not be removed, and nobody restores an emulated final snapshot",
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
    because: "the name of a removed secret would stay taken for the days of its recovery window",
  },
];

/** One resource that differs from what AWS would get, for people to read. */
export interface Difference {
  /** The resource's address. */
  readonly address: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly because: string;
}

/**
 * What must differ in an account that is thrown away, computed from the synthesized resources: the stacks know
 * nothing of local runs.
 */
export function localDifferences({ resource }: StackConfiguration): Difference[] {
  const settings = LOCAL_SETTINGS.flatMap(({ type, settings, because }) =>
    Object.keys(resource[type] ?? {}).map((id) => ({ address: `${type}.${id}`, settings, because })),
  );
  return [...settings, ...keptResources(resource)];
}

function keptResources(resource: StackConfiguration["resource"]): Difference[] {
  return Object.entries(resource).flatMap(([type, resources]) =>
    Object.entries(resources)
      .filter(([, { lifecycle }]) => preventsDestroy(lifecycle))
      .map(([id]) => ({
        address: `${type}.${id}`,
        settings: { lifecycle: { prevent_destroy: false } },
        because: "a resource that must be kept could not be removed",
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
  /** The folder that holds `cdk.tf.json`. */
  readonly folder: string;
  /** Where the state is kept. */
  readonly stateFile: string;
  /** Mirror with the AWS provider; undefined keeps the stack's registry and version constraint. */
  readonly mirror: Pick<ProviderMirror, "address" | "version"> | undefined;
}

/**
 * The content of `override.tf.json`, which Terraform lays over the synthesized stack: a local backend in place of
 * Terraform Cloud, a provider that soon gives up where the emulator lacks a call, and {@link localDifferences}.
 *
 * @see https://developer.hashicorp.com/terraform/language/files/override
 */
export function localOverride(props: OverrideProps): string {
  const differences = localDifferences(props.synthesized);
  const override = {
    "//": [
      "Written by npm start. What differs from AWS here, and why:",
      ...differences.map(
        ({ address, settings, because }) => `${address} ${JSON.stringify(settings)}: ${because}`,
      ),
    ],
    terraform: {
      // Relative, so that a checkout can be moved with its state.
      backend: { local: { path: relative(props.folder, props.stateFile) } },
      ...pinnedProvider(props.mirror),
    },
    provider: { aws: awsProviders(props.synthesized) },
    ...(differences.length === 0 ? {} : { resource: resourcesOf(differences) }),
  };
  return `${JSON.stringify(override, null, 2)}\n`;
}

/** The full source address makes OpenTofu take the provider of a mirror of Terraform's registry. */
function pinnedProvider(mirror: OverrideProps["mirror"]): Readonly<Record<string, unknown>> {
  if (mirror === undefined) return {};
  return { required_providers: { aws: { source: mirror.address, version: mirror.version } } };
}

/**
 * A call that the emulator lacks is answered by an error that the provider would repeat for minutes; a connection that
 * breaks on a busy machine is worth another try.
 */
const ATTEMPTS = 3;

/** Entries merge with the stack's by alias, and keep their region and default tags. */
function awsProviders({ provider }: StackConfiguration): Readonly<Record<string, unknown>>[] {
  const fewRetries = { max_retries: ATTEMPTS };
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
