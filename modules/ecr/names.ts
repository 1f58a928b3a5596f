/** Name of the image repository, in its own region and in the DR region. */
export function imageRepositoryName(name: string): string {
  return `${name}-ecr-registry`;
}
