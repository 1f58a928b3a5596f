/** Name of the IAM role that GitHub Actions assumes. */
export function githubActionsRoleName(globalName: string): string {
  return `${globalName}-github-actions`;
}
