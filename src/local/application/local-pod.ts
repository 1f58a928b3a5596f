import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SecretFiles } from "./mounted-secrets.js";
import type { Pod } from "./pod.js";

/** Differences of this machine from a pod's place in the cluster. */
export interface Surroundings {
  /** Endpoint of the emulated AWS. */
  readonly awsEndpoint: string;
  /** Port of PostgreSQL on the loopback interface. */
  readonly databasePort: number;
  /** Ports of the application. */
  readonly port: number;
  readonly metricsPort: number;
  /** Folder that replaces the pod's `/tmp`. */
  readonly temporaryFolder: string;
  /** Folder of the mounted files; only its owner can read it. */
  readonly secretsFolder: string;
  /** Folder of `pg_dump` and `pg_restore`, for programs whose image contains them. */
  readonly postgresTools: string | undefined;
}

/** Variable or mounted file that differs from the cluster. Never a secret. */
export interface Difference {
  readonly name: string;
  /** Undefined if it does not exist in the cluster. */
  readonly inCluster: string | undefined;
  /** Undefined if it is left out here. */
  readonly here: string | undefined;
  readonly because: string;
}

/** Program of a pod with its configuration on this machine. */
export interface LocalPod {
  readonly args: readonly string[];
  /** Whole environment of the program. */
  readonly env: Readonly<Record<string, string>>;
  /** Mounted files. */
  readonly files: SecretFiles;
  readonly differences: readonly Difference[];
}

/** Replacement of a value; undefined removes it. */
interface Replacement {
  readonly here: string | undefined;
  readonly because: string;
}

const OWN_PORT = "another program on this machine uses that port";
const ONE_MACHINE = "it must be reachable only from this machine";
const OWN_DATABASE = "PostgreSQL on this machine replaces Aurora";

/**
 * Returns a program's environment as in its pod, from its image and its manifest, and its mounted files. Values that cannot
 * be the same on a machine without AWS are replaced, and listed with the reason.
 */
export function localPod(
  pod: Pod,
  image: Readonly<Record<string, string>>,
  mounted: SecretFiles,
  surroundings: Surroundings,
): LocalPod {
  const inCluster: Readonly<Record<string, string>> = { ...image, ...pod.env };
  const env = replaceIn(inCluster, {
    ...replacedVariables(surroundings),
    ...mountedFolders(pod, inCluster, surroundings),
  });
  const added = differencesOf({}, addedVariables(surroundings));
  const files = replaceIn(mounted, replacedFiles(surroundings));
  return {
    args: pod.args,
    env: { ...env.values, ...definedOf(added) },
    files: files.values,
    differences: [...env.differences, ...files.differences, ...added],
  };
}

function replacedVariables({
  port,
  metricsPort,
  temporaryFolder,
}: Surroundings): Record<string, Replacement> {
  return {
    BASE_URL: {
      here: `http://127.0.0.1:${port}`,
      because: "there is no load balancer with a certificate",
    },
    DATABASE_CA_FILE: { here: undefined, because: "the connection does not use TLS" },
    DATABASE_TLS: { here: "off", because: `${OWN_DATABASE}, and the connection stays on it` },
    DATA_DIR: {
      here: join(temporaryFolder, "notejam"),
      because: "a separate folder instead of the pod's /tmp",
    },
    HOST: { here: "127.0.0.1", because: ONE_MACHINE },
    METRICS_PORT: { here: String(metricsPort), because: OWN_PORT },
    PORT: { here: String(port), because: OWN_PORT },
  };
}

/** Variables that name a mounted folder: `SECRETS_DIR`. */
function mountedFolders(
  { mounts }: Pod,
  values: Readonly<Record<string, string>>,
  { secretsFolder }: Surroundings,
): Record<string, Replacement> {
  const names = Object.keys(values).filter((name) => mounts.some(({ path }) => path === values[name]));
  const because = "the same files without a mount";
  return Object.fromEntries(names.map((name) => [name, { here: secretsFolder, because }]));
}

function addedVariables({ awsEndpoint, postgresTools }: Surroundings): Record<string, Replacement> {
  const because = "the emulated account replaces AWS and the pod's identity";
  const tools = { here: postgresTools, because: "folder of pg_dump and pg_restore on this machine" };
  return {
    AWS_ENDPOINT_URL: { here: awsEndpoint, because },
    AWS_ACCESS_KEY_ID: { here: "test", because },
    AWS_SECRET_ACCESS_KEY: { here: "test", because },
    AWS_EC2_METADATA_DISABLED: { here: "true", because },
    ...(postgresTools === undefined ? {} : { PGBIN: tools }),
  };
}

function replacedFiles({ databasePort }: Surroundings): Record<string, Replacement> {
  const address = { here: `127.0.0.1:${databasePort}`, because: OWN_DATABASE };
  return {
    POSTGRES_PORT: { here: String(databasePort), because: OWN_DATABASE },
    POSTGRES_READER_URL: address,
    POSTGRES_URL: address,
  };
}

function replaceIn(
  values: Readonly<Record<string, string>>,
  replacements: Readonly<Record<string, Replacement>>,
): { values: Record<string, string>; differences: Difference[] } {
  const present = Object.entries(replacements).filter(([name]) => name in values);
  const differences = differencesOf(values, Object.fromEntries(present));
  const changed = new Set(differences.map(({ name }) => name));
  const kept = Object.entries(values).filter(([name]) => !changed.has(name));
  return { values: { ...Object.fromEntries(kept), ...definedOf(differences) }, differences };
}

function differencesOf(
  values: Readonly<Record<string, string>>,
  replacements: Readonly<Record<string, Replacement>>,
): Difference[] {
  return Object.entries(replacements)
    .map(([name, replacement]) => ({ name, inCluster: values[name], ...replacement }))
    .filter(({ inCluster, here }) => inCluster !== here);
}

function definedOf(differences: readonly Difference[]): Record<string, string> {
  return Object.fromEntries(
    differences.flatMap(({ name, here }) => (here === undefined ? [] : [[name, here] as const])),
  );
}

/** Writes the mounted files so that only their owner can read them. Replaces those of an earlier run. */
export function mountSecrets(folder: string, files: SecretFiles): void {
  unmountSecrets(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
  }
}

export function unmountSecrets(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Formats differences as lines, without duplicates. */
export function describeDifferences(differences: readonly Difference[]): string[] {
  const lines = differences.map(({ name, inCluster, here, because }) => {
    const now = here === undefined ? `${name} is left out` : `${name}=${here}`;
    const instead = inCluster === undefined ? "" : ` instead of ${inCluster}`;
    return `${now}${instead}: ${because}`;
  });
  return [...new Set(lines)];
}
