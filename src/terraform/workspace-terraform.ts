import semver from "semver";
import toolVersions from "../../tool-versions.json" with { type: "json" };
import { UserError } from "../user-error.js";
import { findTerraform, type Terraform } from "./find-terraform.js";

/** Terraform version of the workspaces in HCP Terraform. */
const WORKSPACE_VERSION = toolVersions.terraform.pinned;

/** Minor version of the workspaces, such as `1.11`. */
const WORKSPACE_MINOR = `${semver.major(WORKSPACE_VERSION)}.${semver.minor(WORKSPACE_VERSION)}`;

/** Help about the Terraform of commands that use the workspaces. */
export const WORKSPACE_TERRAFORM_HELP = `Needs Terraform ${WORKSPACE_MINOR}, on the PATH or in TERRAFORM_BINARY_NAME.`;

/**
 * Finds a Terraform that can use the workspaces in HCP Terraform: it has the minor version of the workspaces. HCP
 * Terraform rejects other minor versions ("Incompatible Terraform version") and OpenTofu.
 *
 * @param env environment of the command
 * @throws UserError if none is installed, or if it cannot use the workspaces
 */
export async function findWorkspaceTerraform(env: NodeJS.ProcessEnv): Promise<Terraform> {
  const terraform = await findTerraform(env);
  const { product, binary, version } = terraform;
  if (product === "Terraform" && semver.satisfies(version, `~${WORKSPACE_MINOR}`)) return terraform;
  throw new UserError(
    `${product} ${version} (\`${binary}\`) cannot use the workspaces in HCP Terraform, which need Terraform ${WORKSPACE_MINOR}.`,
    {
      hint:
        `Install Terraform ${WORKSPACE_VERSION} from https://releases.hashicorp.com/terraform/${WORKSPACE_VERSION}/, ` +
        "or set TERRAFORM_BINARY_NAME to its path.",
    },
  );
}
