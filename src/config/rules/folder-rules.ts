import { basename } from "node:path";
import type { Environment } from "../environment.js";
import { fieldErrors } from "../field-error.js";
import { displayPath, inFile } from "../file-error.js";
import type { Names } from "../names.js";
import { overlap } from "../networks.js";
import type { Organization } from "../organization.js";
import { partitionOf } from "../regions.js";
import type { Errors } from "./rule.js";

/** File of the organization; all other files are environments. */
export const ORGANIZATION_FILE = "organization.ts";

/** A valid environment and its file. */
export interface EnvironmentFile {
  readonly file: string;
  readonly environment: Environment;
  readonly names: Names;
}

const error = fieldErrors("files");

/**
 * Checks the rules between the files of a folder.
 *
 * @param organization undefined if it is invalid; the rules that need it are skipped
 * @param isComplete false if the folder has environments with errors; the rules that need all of them are skipped
 */
export function* checkEnvironments(
  environments: readonly EnvironmentFile[],
  organization: Organization | undefined,
  isComplete: boolean,
): Errors {
  for (const [index, one] of environments.entries()) {
    yield* inOneFile(one, checkFileName(one));
    for (const other of environments.slice(0, index)) yield* inOneFile(one, checkPair(one, other));
  }
  for (const one of environments) {
    // An environment with errors may be the source of a promotion.
    if (isComplete) yield* inOneFile(one, checkPromotion(one, environments));
    if (organization === undefined) continue;
    yield* inOneFile(one, checkPartition(one, organization));
    yield* inOneFile(one, checkRepositories(one, organization));
  }
}

function* inOneFile({ file }: EnvironmentFile, errors: Errors): Errors {
  for (const diagnostic of errors) yield inFile(file, diagnostic);
}

function* checkFileName({ file, environment, names }: EnvironmentFile): Errors {
  const expected = `${names.environmentId}.ts`;
  if (basename(file) === expected) return;
  yield error(
    "name",
    environment.name,
    `the name of the file: ${expected}`,
    `rename the file to ${expected}, or change the name`,
  );
}

function* checkPair({ environment, names }: EnvironmentFile, other: EnvironmentFile): Errors {
  const otherFile = displayPath(other.file);
  const isSameId = names.environmentId === other.names.environmentId;
  if (isSameId || names.globalName === other.names.globalName) {
    yield error(
      "name",
      environment.name,
      `a unique name; ${otherFile} has ${isSameId ? names.name : names.globalName} too`,
      "choose another name, or another region for a standby",
    );
  }
  if (isPrefixOfOther(environment.name, other.environment.name)) {
    yield error(
      "name",
      environment.name,
      `a name that is not another name plus a hyphen and a suffix, or the reverse ("prod" and "prod-blue" conflict); ${otherFile} has "${other.environment.name}"`,
      "choose a name with another prefix: IAM permissions match names by prefix",
    );
  }
  if (overlap(environment.vpcCidr, other.environment.vpcCidr)) {
    yield error(
      "vpcCidr",
      environment.vpcCidr,
      `a network without overlap with the VPC in ${otherFile} (${other.environment.vpcCidr}), so that both can be connected`,
      'choose a free network, such as "10.20.0.0/16"',
    );
  }
  // A standby has the host name of its primary.
  if (environment.hostName === other.environment.hostName && environment.name !== other.environment.name) {
    yield error(
      "hostName",
      environment.hostName,
      `a unique host name; ${otherFile} has the same`,
      `write it like "${environment.name}.${environment.hostedZone}"`,
    );
  }
}

/** Permissions are granted on `notejam-<name>-*`, which must not match resources of another environment. */
function isPrefixOfOther(one: string, other: string): boolean {
  return one.startsWith(`${other}-`) || other.startsWith(`${one}-`);
}

function* checkPromotion({ environment, names }: EnvironmentFile, all: readonly EnvironmentFile[]): Errors {
  const { promotesFrom } = environment;
  // A release has no tag of a build of main, so the workflow promote cannot copy it again.
  const sources = all
    .filter((other) => other.environment.promotesFrom === undefined)
    .map((other) => other.names.environmentId)
    .filter((id) => id !== names.environmentId);
  if (promotesFrom === undefined || sources.includes(promotesFrom)) return;
  yield error(
    "promotesFrom",
    promotesFrom,
    `another environment of this folder without promotesFrom: ${sources.join(", ") || "there is none"}`,
    "write the name of its file without .ts, or leave the field out",
  );
}

/** The bootstrap stack exists once per account, and an account belongs to one partition. */
function* checkPartition({ environment }: EnvironmentFile, { bootstrap }: Organization): Errors {
  const partition = partitionOf(bootstrap.region);
  if (partitionOf(environment.region) === partition) return;
  yield error(
    "region",
    environment.region,
    `a region of the partition ${partition}, as bootstrap.region (${bootstrap.region}) in ${ORGANIZATION_FILE}: an account is in one partition`,
    "create a folder with its own organization.ts for environments of another partition",
  );
}

/** If GitHub's tokens have ids, AWS rejects repositories without an id. */
function* checkRepositories({ environment }: EnvironmentFile, { githubIds }: Organization): Errors {
  if (githubIds === undefined) return;
  for (const repository of environment.githubRepositories) {
    if (githubIds.repositories[repository] !== undefined) continue;
    yield error(
      "githubRepositories",
      repository,
      `repositories with an id in githubIds.repositories of ${ORGANIZATION_FILE}`,
      `add the id: gh api repos/<owner>/${repository} --jq .id`,
    );
  }
}
