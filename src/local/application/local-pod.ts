import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SecretFiles } from "./mounted-secrets.js";
import type { Pod } from "./pod.js";

/** Where a program runs here, as far as it differs from a pod's place in the cluster. */
export interface Surroundings {
  /** The emulated AWS. */
  readonly awsEndpoint: string;
  /** Port of PostgreSQL on the loopback interface. */
  readonly databasePort: number;
  /** Ports that the application listens on. */
  readonly port: number;
  readonly metricsPort: number;
  /** Folder in the place of the pod's `/tmp`. */
  readonly temporaryFolder: string;
  /** Folder in the place of the files that are mounted; only its owner can read it. */
  readonly secretsFolder: string;
  /** Folder of `pg_dump` and `pg_restore`, for the programs whose image brings them. */
  readonly postgresTools: string | undefined;
}

/** One variable or mounted file that is not as in the cluster. Never a secret. */
export interface Difference {
  readonly name: string;
  /** Undefined: it is not there in the cluster. */
  readonly inCluster: string | undefined;
  /** Undefined: it is left out here. */
  readonly here: string | undefined;
  readonly because: string;
}

/** A pod's program, ready to run on this machine. */
export interface LocalPod {
  readonly args: readonly string[];
  /** The program's whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Mounted files. */
  readonly files: SecretFiles;
  readonly differences: readonly Difference[];
}

/** What takes the place of a value; undefined leaves it out. */
interface Replacement {
  readonly here: string | undefined;
  readonly because: string;
}

const OWN_PORT = "another program has that port here, and a pod has all ports to itself";
const ONE_MACHINE = "nobody but this machine may reach it";
const OWN_DATABASE = "PostgreSQL on this machine takes the place of Aurora";

/**
 * Gives a program the environment that its pod would get, from its image and its manifest, and the files that would be
 * mounted. What cannot be the same on one machine without AWS is replaced, and listed with its reason.
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
      because: "there is no load balancer with a certificate in front",
    },
    DATABASE_CA_FILE: { here: undefined, because: "there is no TLS that it would be for" },
    DATABASE_TLS: { here: "off", because: `${OWN_DATABASE}, without leaving it` },
    DATA_DIR: { here: join(temporaryFolder, "notejam"), because: "a folder of its own for the pod's /tmp" },
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
  const because = "the same files, mounted by nobody";
  return Object.fromEntries(names.map((name) => [name, { here: secretsFolder, because }]));
}

function addedVariables({ awsEndpoint, postgresTools }: Surroundings): Record<string, Replacement> {
  const because = "the emulated account takes the place of AWS and of the pod's identity";
  const tools = { here: postgresTools, because: "where this machine has pg_dump and pg_restore" };
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

/** Lays the mounted files where only their owner can read them, in the place of those of an earlier run. */
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

/** The differences of several programs, each once, for people to read. */
export function describeDifferences(differences: readonly Difference[]): string[] {
  const lines = differences.map(({ name, inCluster, here, because }) => {
    const now = here === undefined ? `${name} is left out` : `${name}=${here}`;
    const instead = inCluster === undefined ? "" : ` instead of ${inCluster}`;
    return `${now}${instead}: ${because}`;
  });
  return [...new Set(lines)];
}
