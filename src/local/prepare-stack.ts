import { join } from "node:path";
import { isGitopsStack } from "../config/names.js";
import type { ProviderMirror } from "../terraform/provider-mirror.js";
import {
  readConfiguration,
  type StackConfiguration,
  type SynthesizedStack,
  stackFile,
} from "../terraform/synthesized-stacks.js";
import { UserError } from "../user-error.js";
import { AppliedRecord, fingerprintOf } from "./applied.js";
import { localOverride } from "./override.js";
import { type StateFolder, writeWhole } from "./state-folder.js";
import { removeUnsupportedProviders } from "./unsupported-providers.js";
import { localVariables, secretsAmong, type VariableValues } from "./variables.js";

/** Prefix of all stack names. */
export const STACK_PREFIX = "notejam-";

/** Stack with the additions of a local run. */
export interface PreparedStack {
  readonly name: string;
  readonly folder: string;
  readonly synthesized: StackConfiguration;
  readonly variables: VariableValues;
  readonly secrets: readonly string[];
  /** Resources that are not applied because their service is not emulated, as lines of text. */
  readonly leftOut: readonly string[];
  /** AWS provider version in the mirror; undefined if the registry is used. */
  readonly providerVersion: string | undefined;
  /** Digest of everything that determines the result of an apply. */
  readonly fingerprint: string;
  readonly record: AppliedRecord;
}

/**
 * Returns the platform stacks of environments: `notejam-dev` for `dev`.
 *
 * @throws UserError if a stack does not exist
 */
export function stacksOf(
  environments: readonly string[],
  stacks: readonly SynthesizedStack[],
): SynthesizedStack[] {
  // GitOps stacks belong to an environment and cannot be applied locally.
  const candidates = stacks.filter(({ name }) => !isGitopsStack(name));
  return environments.map((environment) => {
    const found = candidates.find(({ name }) => name === `${STACK_PREFIX}${environment}`);
    if (found === undefined) {
      const known = candidates.map(({ name }) => name.replace(STACK_PREFIX, "")).join(", ");
      throw new UserError(
        `There is no environment "${environment}" (no stack ${STACK_PREFIX}${environment}).`,
        { hint: `Choose from: ${known}.` },
      );
    }
    return found;
  });
}

export interface PrepareStackProps {
  readonly stack: SynthesizedStack;
  readonly folder: StateFolder;
  readonly mirror: ProviderMirror | undefined;
  readonly terraformVersion: string;
}

/** Removes unsupported providers, writes the override file, and determines the variables and the fingerprint. */
export function prepareStack({ stack, folder, mirror, terraformVersion }: PrepareStackProps): PreparedStack {
  const leftOut = removeUnsupportedProviders(stack.name, stackFile(stack));
  const synthesized = readConfiguration(stack);
  requireOnlyAws(stack.name, synthesized);
  const override = localOverride({
    synthesized,
    folder: stack.folder,
    stateFile: folder.terraformState(stack.name),
    mirror,
  });
  writeWhole(join(stack.folder, "override.tf.json"), override);
  const variables = localVariables({
    stack: stack.name,
    variables: synthesized.variable,
    file: folder.secrets,
  });
  return {
    name: stack.name,
    folder: stack.folder,
    synthesized,
    variables,
    secrets: secretsAmong(variables, synthesized.variable),
    leftOut,
    providerVersion: mirror?.version,
    fingerprint: fingerprintOf(stack.folder, [terraformVersion, mirror?.version ?? "registry"], variables),
    record: new AppliedRecord(folder.appliedFile(stack.name)),
  };
}

/** @throws UserError for a stack with other providers, which would reach the real GitHub or a real cluster */
function requireOnlyAws(stack: string, { terraform }: StackConfiguration): void {
  const others = Object.entries(terraform.required_providers)
    .filter(([, { source }]) => !/(^|\/)hashicorp\/aws$/.test(source) && source !== "aws")
    .map(([name]) => name);
  if (others.length > 0) {
    throw new UserError(
      `${stack} cannot be applied locally: it needs ${others.join(", ")}, and only AWS is emulated.`,
      { hint: "Choose another environment with --env." },
    );
  }
}
