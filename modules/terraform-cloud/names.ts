import { GOVERNING_PATH } from "./identity-path.js";

/** Phase of a run in Terraform Cloud. */
export type RunPhase = "plan" | "apply";

/** Name of the IAM role that runs of a phase assume, without its path. */
export function runRoleName(name: string, phase: RunPhase): string {
  return `${name}-${phase}`;
}

/** Path and name of a run role, as they end its ARN: `terraform-cloud/<name>-<phase>`. */
export function runRolePath(name: string, phase: RunPhase): string {
  return `${GOVERNING_PATH.replace(/^\//, "")}${runRoleName(name, phase)}`;
}
