import { readdir } from "node:fs/promises";
import { join, parse, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { count, type Diagnostic, formatDiagnostics } from "../diagnostic.js";
import { UserError } from "../user-error.js";
import type { Environment } from "./environment.js";
import { fileError, inFile } from "./file-error.js";
import { namesOf } from "./names.js";
import type { Organization } from "./organization.js";
import { checkEnvironments, type EnvironmentFile, ORGANIZATION_FILE } from "./rules/folder-rules.js";
import type { RuleOptions } from "./rules/rule.js";
import { type Validated, validateEnvironment, validateOrganization } from "./validate.js";

/** The complete, valid configuration. */
export interface Configuration {
  readonly organization: Organization;
  /** In the order of their ids. */
  readonly environments: readonly Environment[];
}

/** A configuration with its warnings. */
export interface LoadedConfiguration extends Configuration {
  /** Diagnostics of the severity `warning`. */
  readonly warnings: readonly Diagnostic[];
}

export interface LoadOptions extends RuleOptions {
  /** Day on which versions must be supported. @default now */
  readonly today?: Date;
  /** Additional check of a valid environment, such as its capacity. @default none */
  readonly check?: (environment: Environment) => Iterable<Diagnostic>;
  /** Loads a file of the folder. @default `import()` */
  readonly importFile?: ImportFile | undefined;
}

/** Returns the exports of a TypeScript file by its absolute path. */
export type ImportFile = (file: string) => Promise<{ readonly default?: unknown }>;

const dynamicImport: ImportFile = (file) => import(pathToFileURL(file).href);

/**
 * Loads a folder of environments: `organization.ts`, and an environment in every other `*.ts`.
 *
 * @throws UserError with all errors in all files
 */
export async function loadConfiguration(
  directory: string,
  { today = new Date(), check = () => [], importFile = dynamicImport, ...ruleOptions }: LoadOptions = {},
): Promise<LoadedConfiguration> {
  const names = await environmentNames(directory);
  const organizationFile = join(directory, ORGANIZATION_FILE);
  const organization = await loadFile(organizationFile, importFile, validateOrganization);
  const diagnostics = errorsOf(organizationFile, organization);
  const loaded = await Promise.all(
    names.map(async (name) => {
      const file = join(directory, name);
      return {
        file,
        validated: await loadFile(file, importFile, (input) =>
          validateEnvironment(input, today, ruleOptions),
        ),
      };
    }),
  );
  diagnostics.push(...loaded.flatMap(({ file, validated }) => errorsOf(file, validated)));
  const environments = loaded.flatMap(({ file, validated }): EnvironmentFile[] =>
    "value" in validated ? [{ file, environment: validated.value, names: namesOf(validated.value) }] : [],
  );
  if (names.length === 0) diagnostics.push(noEnvironment(directory));
  for (const { file, environment } of environments) {
    for (const diagnostic of check(environment)) diagnostics.push(inFile(file, diagnostic));
  }
  const valid = "value" in organization ? organization.value : undefined;
  const isComplete = environments.length === names.length;
  diagnostics.push(...checkEnvironments(environments, valid, isComplete));
  if (diagnostics.length > 0 || valid === undefined) throw configurationError(diagnostics);
  return {
    organization: valid,
    environments: environments.map(({ environment }) => environment),
    warnings: loaded.flatMap(({ file, validated }) =>
      "value" in validated ? validated.warnings.map((warning) => inFile(file, warning)) : [],
    ),
  };
}

/** Returns the warnings of a configuration as text; undefined without warnings. */
export function formatWarnings({ warnings }: Pick<LoadedConfiguration, "warnings">): string | undefined {
  if (warnings.length === 0) return undefined;
  const { size } = new Set(warnings.map(({ where }) => where.source));
  const summary = `The configuration has ${count(warnings.length, "warning")} in ${count(size, "file")}.`;
  return `${summary}\n\n${formatDiagnostics(warnings)}`;
}

function configurationError(diagnostics: readonly Diagnostic[]): UserError {
  const files = new Set(diagnostics.map(({ where }) => where.source));
  const summary = `The configuration has ${count(diagnostics.length, "error")} in ${count(files.size, "file")}.`;
  return new UserError(summary, { diagnostics });
}

async function environmentNames(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    throw configurationError([
      fileError(
        directory,
        `is not a readable folder (${reasonOf(error)})`,
        "create it with organization.ts and a file per environment, or choose another folder",
      ),
    ]);
  });
  return names
    .filter((name) => /^[^.].*(?<!\.test|\.d)\.ts$/.test(name) && name !== ORGANIZATION_FILE)
    .sort(byEnvironmentId);
}

/** Sorts `prod` before its standby: with extensions, `prod-eu-central-1.ts` would be before `prod.ts`. */
function byEnvironmentId(one: string, other: string): number {
  return parse(one).name < parse(other).name ? -1 : 1;
}

async function loadFile<T>(
  file: string,
  importFile: ImportFile,
  validate: (input: unknown) => Validated<T>,
): Promise<Validated<T>> {
  try {
    return validate((await importFile(resolve(file))).default);
  } catch (error) {
    const summary = `cannot be loaded as a TypeScript module (${reasonOf(error)})`;
    return { diagnostics: [fileError(file, summary, "correct the file; `npm run check` shows the line")] };
  }
}

function errorsOf(file: string, validated: Validated<unknown>): Diagnostic[] {
  return "value" in validated ? [] : validated.diagnostics.map((diagnostic) => inFile(file, diagnostic));
}

function noEnvironment(directory: string): Diagnostic {
  return fileError(
    directory,
    "has no environment",
    "add a file such as prod.ts whose default export is defineEnvironment({ … })",
  );
}

/** Message of an error in one line. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, " ").trim();
}
