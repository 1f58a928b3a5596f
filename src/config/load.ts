import { readdir } from "node:fs/promises";
import { basename, join, parse, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Environment } from "./environment.js";
import { namesOf } from "./names.js";
import { overlap } from "./networks.js";
import type { Organization } from "./organization.js";
import { ConfigurationError, type Finding, type Problem } from "./problem.js";
import { partitionOf } from "./regions.js";
import { type Checked, checkEnvironment, checkOrganization } from "./validate.js";

/** All that can be configured, checked. */
export interface Configuration {
  readonly organization: Organization;
  /** In the order of their instances' names. */
  readonly environments: readonly Environment[];
}

/** What the loader may be told. */
export interface LoadOptions {
  /** The day on which versions must be in support. @default now */
  readonly today?: Date;
  /** What else an environment must satisfy that is valid by itself, such as that it carries its load. @default nothing */
  readonly demand?: (environment: Environment) => readonly Finding[];
  /** Loads a file of the folder. @default `import()` */
  readonly importFile?: ImportFile | undefined;
}

/** Returns the exports of a TypeScript file, named by its absolute path. */
export type ImportFile = (file: string) => Promise<{ readonly default?: unknown }>;

/** The one file in the folder that is no environment. */
const ORGANIZATION_FILE = "organization.ts";

interface Loaded<T> {
  readonly file: string;
  readonly checked: Checked<T>;
}

interface Valid {
  readonly file: string;
  readonly environment: Environment;
}

/**
 * Reads a folder of environments: `organization.ts`, and every other `*.ts` is an environment.
 *
 * @throws ConfigurationError with every problem of every file
 */
export async function loadConfiguration(
  directory: string,
  options: LoadOptions = {},
): Promise<Configuration> {
  const today = options.today ?? new Date();
  const files = await environmentFiles(directory);
  const [organization, ...environments] = await Promise.all([
    loadFile(join(directory, ORGANIZATION_FILE), checkOrganization, options),
    ...files.map((file) => loadFile(file, (input) => checkEnvironment(input, today), options)),
  ]);
  const valid = environments.flatMap(({ file, checked }) =>
    "value" in checked ? [{ file, environment: checked.value }] : [],
  );
  const problems = [organization, ...environments].flatMap(problemsOf);
  problems.push(...noEnvironment(directory, files), ...problemsBetweenFiles(valid));
  problems.push(...demanded(valid, options));
  problems.push(...promotionProblems(valid));
  if ("value" in organization.checked) {
    problems.push(...otherPartitions(organization.checked.value, valid));
    problems.push(...unknownRepositories(organization.checked.value, valid));
  }
  if (problems.length > 0 || !("value" in organization.checked)) throw new ConfigurationError(problems);
  return {
    organization: organization.checked.value,
    environments: valid.map(({ environment }) => environment),
  };
}

async function environmentFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    throw new ConfigurationError([
      {
        file: shown(directory),
        rule: `a folder of environments that can be read (${reason(error)})`,
        remedy: "create it with organization.ts and a file per environment, or name another folder",
      },
    ]);
  });
  return names
    .filter((name) => /^[^.].*(?<!\.test|\.d)\.ts$/.test(name) && name !== ORGANIZATION_FILE)
    .sort(byInstance)
    .map((name) => join(directory, name));
}

/** `prod` stands before its recovery copy; with their endings, `prod-eu-central-1.ts` would stand before `prod.ts`. */
function byInstance(one: string, other: string): number {
  return parse(one).name < parse(other).name ? -1 : 1;
}

async function loadFile<T>(
  file: string,
  check: (input: unknown) => Checked<T>,
  { importFile = (path) => import(pathToFileURL(path).href) }: LoadOptions,
): Promise<Loaded<T>> {
  try {
    return { file, checked: check((await importFile(resolve(file))).default) };
  } catch (error) {
    const finding = {
      rule: `a TypeScript module that loads (${reason(error)})`,
      remedy: "correct the file; `npm run check` shows the place",
    };
    return { file, checked: { findings: [finding] } };
  }
}

/** What went wrong, in one line. */
function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, " ").trim();
}

function shown(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith("..") ? file : path;
}

function problemsOf({ file, checked }: Loaded<unknown>): Problem[] {
  return "value" in checked ? [] : checked.findings.map((finding) => ({ file: shown(file), ...finding }));
}

function noEnvironment(directory: string, files: readonly string[]): Problem[] {
  if (files.length > 0) return [];
  return [
    {
      file: shown(directory),
      rule: "at least one environment: a file such as prod.ts beside organization.ts",
      remedy: "write one whose default export is defineEnvironment({ … })",
    },
  ];
}

function demanded(valid: readonly Valid[], { demand = () => [] }: LoadOptions): Problem[] {
  return valid.flatMap(({ file, environment }) =>
    demand(environment).map((finding) => ({ file: shown(file), ...finding })),
  );
}

function problemsBetweenFiles(valid: readonly Valid[]): Problem[] {
  return valid.flatMap((one, index) => {
    const earlier = valid.slice(0, index);
    return [fileNameFinding(one), ...earlier.flatMap((other) => clashes(one, other))]
      .filter((finding) => finding !== undefined)
      .map((finding) => ({ file: shown(one.file), ...finding }));
  });
}

/** An account, and so the stack that is made once per account, belongs to one partition. */
function otherPartitions({ bootstrap }: Organization, valid: readonly Valid[]): Problem[] {
  const partition = partitionOf(bootstrap.region);
  return valid
    .filter(({ environment }) => partitionOf(environment.region) !== partition)
    .map(({ file, environment }) => ({
      file: shown(file),
      field: "region",
      value: environment.region,
      rule: `a region of the partition ${partition}, like bootstrap.region (${bootstrap.region}) in ${ORGANIZATION_FILE}: no account spans two`,
      remedy: "keep environments of another partition in a folder with an organization.ts of its own",
    }));
}

/** Where GitHub's tokens hold numbers, a repository without one is let in by nobody. */
function unknownRepositories({ githubIds }: Organization, valid: readonly Valid[]): Problem[] {
  if (githubIds === undefined) return [];
  return valid.flatMap(({ file, environment }) =>
    environment.githubRepositories
      .filter((repository) => githubIds.repositories[repository] === undefined)
      .map((repository) => ({
        file: shown(file),
        field: "githubRepositories",
        value: repository,
        rule: `repositories whose number is in githubIds.repositories of ${ORGANIZATION_FILE}`,
        remedy: `add it there: gh api repos/<owner>/${repository} --jq .id`,
      })),
  );
}

/** Builds come from an environment that exists; only the loader sees which there are. */
function promotionProblems(valid: readonly Valid[]): Problem[] {
  const instances = valid.map(({ environment }) => namesOf(environment).instance);
  return valid.flatMap(({ file, environment }) => {
    const { promotesFrom } = environment;
    const others = instances.filter((instance) => instance !== namesOf(environment).instance);
    if (promotesFrom === undefined || others.includes(promotesFrom)) return [];
    return [
      {
        file: shown(file),
        field: "promotesFrom",
        value: promotesFrom,
        rule: `another environment of this folder: ${others.join(", ") || "there is none"}`,
        remedy: "write the name of its file without .ts, or leave the field out",
      },
    ];
  });
}

function fileNameFinding({ file, environment }: Valid): Finding | undefined {
  const { instance } = namesOf(environment);
  if (basename(file) === `${instance}.ts`) return undefined;
  return {
    field: "name",
    value: environment.name,
    rule: `the file is named after what it defines: ${instance}.ts`,
    remedy: `rename the file to ${instance}.ts, or change the name`,
  };
}

function clashes(one: Valid, other: Valid): (Finding | undefined)[] {
  return [sameNames(one, other), sameBeginning(one, other), sameNetwork(one, other), sameHost(one, other)];
}

function sameNames({ environment }: Valid, other: Valid): Finding | undefined {
  const names = namesOf(environment);
  const others = namesOf(other.environment);
  if (names.instance !== others.instance && names.globalName !== others.globalName) return undefined;
  return {
    field: "name",
    value: environment.name,
    rule: `names of its own; ${shown(other.file)} has ${names.instance === others.instance ? names.name : names.globalName} already`,
    remedy: "choose another name, or another region for a recovery copy",
  };
}

/** Rights are given on `notejam-<name>-*`: they must not reach the things of another environment. */
function sameBeginning({ environment }: Valid, other: Valid): Finding | undefined {
  const names = [environment.name, other.environment.name];
  if (!names.some((name) => names.some((longer) => longer.startsWith(`${name}-`)))) return undefined;
  return {
    field: "name",
    value: environment.name,
    rule: `a name that does not continue another's after a hyphen; ${shown(other.file)} is called "${other.environment.name}"`,
    remedy: "choose a name with another beginning: rights and names of the two could not be told apart",
  };
}

function sameNetwork({ environment }: Valid, other: Valid): Finding | undefined {
  const { vpcCidr } = other.environment;
  if (!overlap(environment.vpcCidr, vpcCidr)) return undefined;
  return {
    field: "vpcCidr",
    value: environment.vpcCidr,
    rule: `no address in common with the VPC of ${shown(other.file)} (${vpcCidr}), so that the two can be connected`,
    remedy: 'choose a free network, such as "10.20.0.0/16"',
  };
}

function sameHost({ environment }: Valid, other: Valid): Finding | undefined {
  // A recovery copy takes over the host name of the copy that it replaces.
  if (environment.hostName !== other.environment.hostName || environment.name === other.environment.name)
    return undefined;
  return {
    field: "hostName",
    value: environment.hostName,
    rule: `a host name of its own; ${shown(other.file)} has it already`,
    remedy: `write it like "${environment.name}.${environment.hostedZone}"`,
  };
}
