import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Synthesized, Variable } from "../terraform/synthesized-stack.js";
import { LocalProblem } from "./problem.js";
import { readIfThere, writeWhole } from "./state-folder.js";

const Kept = z.record(z.string(), z.string());

/** Values by the variable's name. */
export type VariableValues = Readonly<Record<string, string>>;

/** What people would set in the workspace, for an account that is thrown away. */
const LOCAL_VALUES: Readonly<Record<string, () => string>> = {
  db_name: () => "notejam",
  db_user: () => `notejam_${randomBytes(4).toString("hex")}`,
  github_owner: () => "notejam-local",
};

export interface LocalVariablesProps {
  readonly stack: string;
  readonly variables: Synthesized["variable"];
  /** Where the values are kept between runs. */
  readonly file: string;
  /** `TF_VAR_*` in it come first. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Gives each variable without a default a value: the caller's own `TF_VAR_<name>`, else one made up once and kept.
 *
 * Made-up secrets are kept in a file that only its owner can read, because Terraform stores no ephemeral value and
 * asks for it again at each run; they open nothing but the emulator. They reach Terraform by its environment alone.
 *
 * @throws LocalProblem for a variable whose value cannot be made up
 */
export function localVariables({
  stack,
  variables,
  file,
  env = process.env,
}: LocalVariablesProps): VariableValues {
  const kept = readKept(file);
  const values: Record<string, string> = {};
  const made: Record<string, string> = { ...kept };
  for (const [name, variable] of Object.entries(variables)) {
    const own = env[`TF_VAR_${name}`];
    if (own !== undefined) {
      values[name] = own;
    } else if (variable.default === undefined) {
      made[name] ??= makeUp(name, variable, stack);
      values[name] = made[name];
    }
  }
  if (Object.keys(made).length > Object.keys(kept).length) {
    writeWhole(file, `${JSON.stringify(made, null, 2)}\n`, 0o600);
  }
  return values;
}

/** @throws LocalProblem when the file is damaged */
function readKept(file: string): VariableValues {
  try {
    return Kept.parse(JSON.parse(readIfThere(file) ?? "{}"));
  } catch (error) {
    if (error instanceof LocalProblem) throw error;
    throw new LocalProblem(
      `The file ${file} with the secrets of the emulated account is damaged.`,
      "Start over with --fresh, which deletes the account and creates new secrets.",
      { cause: error },
    );
  }
}

function makeUp(name: string, variable: Variable, stack: string): string {
  const known = LOCAL_VALUES[name];
  if (known !== undefined) {
    return known();
  }
  if (variable.sensitive && (variable.type ?? "string") === "string") {
    return randomBytes(24).toString("base64url");
  }
  throw new LocalProblem(
    `The variable ${name} of ${stack} has no default, and no local value is known for it.`,
    `Set TF_VAR_${name} in the environment, or add a local value to src/local/variables.ts.`,
  );
}

/**
 * The values that must never be shown.
 *
 * @param variables the stack's variables
 */
export function secretsAmong(values: VariableValues, variables: Synthesized["variable"]): string[] {
  return Object.entries(values)
    .filter(([name]) => variables[name]?.sensitive === true || variables[name]?.ephemeral === true)
    .map(([, value]) => value)
    .filter((value) => value !== "");
}

/** Shorter ones (a `db_user` that the caller chose) are words that turn up by chance. */
const SHORTEST_HIDDEN = 8;

/** Takes secrets out of a text before it is shown. Terraform hides them itself: this is the second lock. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const spellings = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  return spellings
    .filter((secret) => secret.length >= SHORTEST_HIDDEN)
    .reduce((shown, secret) => shown.replaceAll(secret, "(hidden)"), text);
}
