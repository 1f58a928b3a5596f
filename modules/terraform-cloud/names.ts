import { TERRAFORM_IAM_PATH } from "./iam-path.js";

/** Phase of a run in HCP Terraform. */
export type RunPhase = "plan" | "apply";

/** Returns the name of the IAM role that runs of a phase assume, without its path. */
export function runRoleName(name: string, phase: RunPhase): string {
  return `${name}-${phase}`;
}

/** Returns path and name of a run role, the end of its ARN: `terraform-cloud/<name>-<phase>`. */
export function runRolePath(name: string, phase: RunPhase): string {
  return `${TERRAFORM_IAM_PATH.replace(/^\//, "")}${runRoleName(name, phase)}`;
}
