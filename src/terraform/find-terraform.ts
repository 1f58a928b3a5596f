import { execa } from "execa";
import semver from "semver";
import toolVersions from "../../tool-versions.json" with { type: "json" };
import { LocalProblem } from "../local/problem.js";
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

/** Time limit of a tool that is asked for its version. */
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
 * @throws LocalProblem when there is none, when it does not run, or when it is too old
 */
export async function findTerraform(env: NodeJS.ProcessEnv = process.env): Promise<Terraform> {
  const { TERRAFORM_BINARY_NAME: stated } = env;
  const problems: LocalProblem[] = [];
  for (const binary of stated ? [stated] : ["terraform", "tofu"]) {
    const found = await tryBinary(binary, env);
    if (!(found instanceof LocalProblem)) return found;
    problems.push(found);
  }
  // An unusable binary is more informative than "not found".
  throw problems.find((problem) => !(problem instanceof NotInstalled)) ?? notFound(stated);
}

/** The binary is not on the PATH. */
class NotInstalled extends LocalProblem {}

function notFound(stated: string | undefined): LocalProblem {
  if (stated) {
    return new LocalProblem(
      `Terraform was not found: TERRAFORM_BINARY_NAME names ${stated}, which is not on the PATH.`,
      `Correct or unset TERRAFORM_BINARY_NAME. ${HOW_TO_GET_IT}`,
    );
  }
  return new LocalProblem(
    "Terraform was not found: neither terraform nor tofu is on the PATH.",
    HOW_TO_GET_IT,
  );
}

async function tryBinary(binary: string, env: NodeJS.ProcessEnv): Promise<Terraform | LocalProblem> {
  const { stdout, stderr, code, timedOut } = await execa(binary, ["version"], {
    timeout: ANSWER_TIMEOUT_MS,
    killSignal: "SIGKILL",
    env: { ...withoutTerraformSettings(env), CHECKPOINT_DISABLE: "1" },
    extendEnv: false,
    reject: false,
    stdin: "ignore",
  });
  if (code === "ENOENT") return new NotInstalled(`There is no ${binary} on the PATH.`, HOW_TO_GET_IT);
  if (timedOut) {
    return new LocalProblem(
      `\`${binary} version\` did not end within ${ANSWER_TIMEOUT_MS / 1000} seconds.`,
      HOW_TO_GET_IT,
    );
  }
  const answer = parseVersion(stdout ?? "");
  if (answer === undefined) {
    const why = (stderr ?? "").trim().split("\n")[0] ?? "";
    return new LocalProblem(
      `\`${binary} version\` printed no version${why === "" ? "" : `: ${why}`}.`,
      HOW_TO_GET_IT,
    );
  }
  const { product, version } = answer;
  if (semver.lt(version, MINIMUM[product])) {
    return new LocalProblem(
      `${product} ${version} (\`${binary}\`) is too old: write-only arguments, which keep passwords out of the state, need ${MINIMUM[product]}.`,
      HOW_TO_GET_IT,
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
