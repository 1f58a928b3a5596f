import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { StackConfiguration, Variable } from "../terraform/synthesized-stacks.js";
import { UserError } from "../user-error.js";
import { readIfThere, writeWhole } from "./state-folder.js";

const Stored = z.record(z.string(), z.string());

/** Values by the variable's name. */
export type VariableValues = Readonly<Record<string, string>>;

/** Values of variables that are set in the workspace for a real account. */
const LOCAL_VALUES: Readonly<Record<string, () => string>> = {
  db_name: () => "notejam",
  db_user: () => `notejam_${randomBytes(4).toString("hex")}`,
  github_owner: () => "notejam-local",
};

export interface LocalVariablesProps {
  readonly stack: string;
  readonly variables: StackConfiguration["variable"];
  /** File of the values, kept between runs. */
  readonly file: string;
  /** Environment whose `TF_VAR_*` have precedence. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Returns a value for each variable without a default: the user's `TF_VAR_<name>`, else a generated value.
 *
 * Generated secrets are stored in a file that only its owner can read: Terraform does not store ephemeral values and needs
 * them in each run. They give access only to the emulator. Terraform gets them in its environment.
 *
 * @throws UserError for a variable whose value cannot be generated
 */
export function localVariables({
  stack,
  variables,
  file,
  env = process.env,
}: LocalVariablesProps): VariableValues {
  const stored = readStored(file);
  const values: Record<string, string> = {};
  const generated: Record<string, string> = { ...stored };
  for (const [name, variable] of Object.entries(variables)) {
    const own = env[`TF_VAR_${name}`];
    if (own !== undefined) {
      values[name] = own;
    } else if (variable.default === undefined) {
      generated[name] ??= generate(name, variable, stack);
      values[name] = generated[name];
    }
  }
  if (Object.keys(generated).length > Object.keys(stored).length) {
    writeWhole(file, `${JSON.stringify(generated, null, 2)}\n`, 0o600);
  }
  return values;
}

/** @throws UserError if the file is damaged */
function readStored(file: string): VariableValues {
  try {
    return Stored.parse(JSON.parse(readIfThere(file) ?? "{}"));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`The file ${file} with the secrets of the emulated account is damaged.`, {
      hint: "Start over with --fresh, which deletes the account and creates new secrets.",
      cause: error,
    });
  }
}

function generate(name: string, variable: Variable, stack: string): string {
  const known = LOCAL_VALUES[name];
  if (known !== undefined) {
    return known();
  }
  if (variable.sensitive && (variable.type ?? "string") === "string") {
    return randomBytes(24).toString("base64url");
  }
  throw new UserError(
    `The variable ${name} of ${stack} has no default, and no local value is known for it.`,
    { hint: `Set TF_VAR_${name} in the environment, or add a local value to src/local/variables.ts.` },
  );
}

/**
 * Returns the values that must not be shown.
 *
 * @param variables the stack's variables
 */
export function secretsAmong(values: VariableValues, variables: StackConfiguration["variable"]): string[] {
  return Object.entries(values)
    .filter(([name]) => variables[name]?.sensitive === true || variables[name]?.ephemeral === true)
    .map(([, value]) => value)
    .filter((value) => value !== "");
}
