import semver from "semver";
import toolVersions from "../../tool-versions.json" with { type: "json" };
import { UserError } from "../user-error.js";
import { runTerraform } from "./process.js";
import { withoutTerraformSettings } from "./process-environment.js";

type Product = "Terraform" | "OpenTofu";

/**
 * Oldest versions that support the stacks. Terraform and OpenTofu both introduced write-only arguments in version 1.11.
 * With them, secrets reach AWS without being stored in the state.
 *
 * @see https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only
 */
const MINIMUM: Readonly<Record<Product, string>> = {
  Terraform: toolVersions.terraform.minimum,
  OpenTofu: toolVersions.opentofu.minimum,
};

/** Time limit for `terraform version`. */
const ANSWER_TIMEOUT_MS = 10_000;

const HOW_TO_GET_IT = `Install Terraform ${MINIMUM.Terraform} or newer: https://developer.hashicorp.com/terraform/install.`;

/** A supported Terraform or OpenTofu. */
export interface Terraform {
  readonly product: Product;
  readonly binary: string;
  /** Such as `1.11.4`. */
  readonly version: string;
}

/**
 * Finds Terraform: `TERRAFORM_BINARY_NAME` as `cdktf` does, else `terraform`, else `tofu` (OpenTofu) on the PATH.
 *
 * @throws UserError if none is installed, or if it does not run or is too old
 */
export async function findTerraform(env: NodeJS.ProcessEnv = process.env): Promise<Terraform> {
  const { TERRAFORM_BINARY_NAME: configured } = env;
  const errors: UserError[] = [];
  for (const binary of configured ? [configured] : ["terraform", "tofu"]) {
    const result = await tryBinary(binary, env);
    if (result === undefined) continue;
    if (!(result instanceof UserError)) return result;
    errors.push(result);
  }
  // An unusable binary is more informative than "not found".
  throw errors[0] ?? notFound(configured);
}

function notFound(configured: string | undefined): UserError {
  if (configured) {
    return new UserError(
      `Terraform was not found: TERRAFORM_BINARY_NAME names ${configured}, which is not on the PATH.`,
      { hint: `Correct or unset TERRAFORM_BINARY_NAME. ${HOW_TO_GET_IT}` },
    );
  }
  return new UserError("Terraform was not found: neither terraform nor tofu is on the PATH.", {
    hint: HOW_TO_GET_IT,
  });
}

/** Returns the usable binary, the reason why it is unusable, or undefined if it is not on the PATH. */
async function tryBinary(binary: string, env: NodeJS.ProcessEnv): Promise<Terraform | UserError | undefined> {
  const lines: string[] = [];
  const { isMissing, hasTimedOut } = await runTerraform({
    binary,
    args: ["version"],
    env: { ...withoutTerraformSettings(env), CHECKPOINT_DISABLE: "1" },
    timeLimitMs: ANSWER_TIMEOUT_MS,
    killAfterMs: 0,
    onLine: (line) => lines.push(line),
  });
  if (isMissing) return undefined;
  if (hasTimedOut) {
    return new UserError(`\`${binary} version\` did not end within ${ANSWER_TIMEOUT_MS / 1000} seconds.`, {
      hint: HOW_TO_GET_IT,
    });
  }
  const answer = parseVersion(lines.join("\n"));
  if (answer === undefined) {
    const [first = ""] = lines.filter((line) => line.trim() !== "");
    return new UserError(`\`${binary} version\` printed no version${first === "" ? "" : `: ${first}`}.`, {
      hint: HOW_TO_GET_IT,
    });
  }
  const { product, version } = answer;
  if (semver.lt(version, MINIMUM[product])) {
    return new UserError(
      `${product} ${version} (\`${binary}\`) is too old: write-only arguments, which keep passwords out of the state, need ${MINIMUM[product]}.`,
      { hint: HOW_TO_GET_IT },
    );
  }
  return { product, binary, version };
}

/** Reads the first line of `terraform version` or `tofu version`. */
function parseVersion(output: string): Pick<Terraform, "product" | "version"> | undefined {
  const [, product, text] = /^(Terraform|OpenTofu) v(\S+)/m.exec(output) ?? [];
  const version = semver.valid(text);
  if (product === undefined || version === null) return undefined;
  return { product: product === "OpenTofu" ? "OpenTofu" : "Terraform", version };
}
