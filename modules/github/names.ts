/** Returns the name of the IAM role that GitHub Actions assumes. */
export function githubActionsRoleName(globalName: string): string {
  return `${globalName}-github-actions`;
}

/**
 * Name of the repository's variable with the URL of an environment's image registry, such as `DEV_REGISTRY`.
 *
 * @param environment GitHub environment, such as `dev`
 */
export function registryVariable(environment: string): string {
  return `${environment.toUpperCase().replaceAll("-", "_")}_REGISTRY`;
}
