import { join } from "node:path";
import { isGitopsStack } from "../config/names.js";
import type { ProviderMirror } from "../terraform/provider-mirror.js";
import { readSynthesized, type Synthesized } from "../terraform/synthesized-stack.js";
import { AppliedRecord, fingerprintOf } from "./applied.js";
import { localOverride } from "./override.js";
import { LocalProblem } from "./problem.js";
import { type StateFolder, writeWhole } from "./state-folder.js";
import type { SynthesizedStack } from "./synthesize.js";
import { removeUnsupportedProviders } from "./unsupported-providers.js";
import { localVariables, secretsAmong, type VariableValues } from "./variables.js";

/** Every stack's name starts with it. */
const STACK_PREFIX = "notejam-";

/** A synthesized stack with all that a local run adds to it. */
export interface PreparedStack {
  readonly name: string;
  readonly folder: string;
  readonly synthesized: Synthesized;
  readonly variables: VariableValues;
  readonly secrets: readonly string[];
  /** What is not applied because nothing emulates it, for people to read. */
  readonly leftOut: readonly string[];
  /** The AWS provider's version in the mirror; undefined where the registry is used. */
  readonly providerVersion: string | undefined;
  /** What decides the outcome of an apply. */
  readonly fingerprint: string;
  readonly record: AppliedRecord;
}

/**
 * Picks the stacks of environments: `dev` is the stack `notejam-dev`.
 *
 * @throws LocalProblem when there is no such stack
 */
export function stacksOf(
  environments: readonly string[],
  stacks: readonly SynthesizedStack[],
): SynthesizedStack[] {
  // The stack of a cluster belongs to its environment, and cannot be applied locally.
  const candidates = stacks.filter(({ name }) => !isGitopsStack(name));
  return environments.map((environment) => {
    const found = candidates.find(({ name }) => name === `${STACK_PREFIX}${environment}`);
    if (found === undefined) {
      const known = candidates.map(({ name }) => name.replace(STACK_PREFIX, "")).join(", ");
      throw new LocalProblem(
        `There is no environment "${environment}" (no stack ${STACK_PREFIX}${environment}).`,
        `Choose from: ${known}.`,
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

/** Leaves out what nothing emulates, lays the override beside the stack, and works out its variables and its fingerprint. */
export function prepareStack({ stack, folder, mirror, terraformVersion }: PrepareStackProps): PreparedStack {
  const leftOut = removeUnsupportedProviders(stack.name, stack.file);
  const synthesized = readSynthesized(stack.file);
  refuseOtherProviders(stack.name, synthesized);
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

/** Only AWS is emulated: a stack that also talks to GitHub or a cluster would reach the real ones. */
function refuseOtherProviders(stack: string, { terraform }: Synthesized): void {
  const others = Object.entries(terraform.required_providers)
    .filter(([, { source }]) => !/(^|\/)hashicorp\/aws$/.test(source) && source !== "aws")
    .map(([name]) => name);
  if (others.length > 0) {
    throw new LocalProblem(
      `${stack} cannot be applied locally: it needs ${others.join(", ")}, and only AWS is emulated.`,
      "Choose another environment with --env.",
    );
  }
}
