import { GOVERNING_PATH } from "../../modules/terraform-cloud/identity-path.js";

/** The two roles that Terraform Cloud assumes for an environment's workspaces, by name with path. */
export interface RunRoleNames {
  /** Reads, but no secret: code of a pull request runs with it. */
  readonly plan: string;
  readonly apply: string;
}

/**
 * How `TerraformCloudRunRoles` calls the roles of an environment. The bootstrap stack makes them before the environment
 * exists, so the environment knows them by name alone.
 *
 * @param name - the environment's base name, such as `notejam-prod`
 */
export function runRoleNames(name: string): RunRoleNames {
  const path = GOVERNING_PATH.replace(/^\//, "");
  return { plan: `${path}${name}-plan`, apply: `${path}${name}-apply` };
}
