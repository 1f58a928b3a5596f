import type { Environment } from "../config/environment.js";
import { namesOf } from "../config/names.js";

/** Fields of an environment that decide which workflows it takes part in. */
export type WorkflowEnvironment = Pick<
  Environment,
  "name" | "region" | "standbyOf" | "production" | "promotesFrom"
>;

/** Environment that receives releases. */
export interface ReleaseTarget {
  readonly environment: string;
  /** Variable on GitHub with the registry that the images are copied from, such as `DEV_REGISTRY`. */
  readonly "source-registry": string;
}

/** Environments of the workflows' matrices, each list in the order of deployment. Standbys are deployed by hand. */
export interface WorkflowMatrices {
  /** Deployed after each merge. */
  readonly "non-production": readonly string[];
  /** Deployed after the others, when a reviewer approves. */
  readonly production: readonly string[];
  /** Environments that run every build of main: those without `promotesFrom`. */
  readonly builds: readonly string[];
  /** Environments that run releases: those with `promotesFrom`. */
  readonly releases: readonly ReleaseTarget[];
}

/** Returns the environments of each matrix. */
export function workflowMatrices(environments: readonly WorkflowEnvironment[]): WorkflowMatrices {
  const ordered = inDeployOrder(environments);
  const ids = (chosen: (environment: WorkflowEnvironment) => boolean) => ordered.filter(chosen).map(idOf);
  return {
    "non-production": ids(({ production }) => !production),
    production: ids(({ production }) => production),
    builds: ids(({ promotesFrom }) => promotesFrom === undefined),
    releases: ordered.flatMap((environment) => {
      const source = ordered.find((other) => idOf(other) === environment.promotesFrom);
      if (source === undefined) return [];
      return [{ environment: idOf(environment), "source-registry": namesOf(source).registryVariable }];
    }),
  };
}

/** Sorts non-production before production, then an environment after the one that its images come from, then by id. */
function inDeployOrder(environments: readonly WorkflowEnvironment[]): WorkflowEnvironment[] {
  const primaries = environments.filter(({ standbyOf }) => standbyOf === undefined);
  const sources = new Map(primaries.map((environment) => [idOf(environment), environment.promotesFrom]));
  return primaries.toSorted(
    (one, other) =>
      Number(one.production) - Number(other.production) ||
      promotionsBefore(idOf(one), sources) - promotionsBefore(idOf(other), sources) ||
      (idOf(one) < idOf(other) ? -1 : 1),
  );
}

/** Returns how many promotions bring an image to an environment. */
function promotionsBefore(id: string, sources: ReadonlyMap<string, string | undefined>): number {
  const visited = new Set<string>();
  for (let source = sources.get(id); source !== undefined; source = sources.get(source)) {
    // Environments that promote from each other have no first one.
    if (visited.has(source)) break;
    visited.add(source);
  }
  return visited.size;
}

function idOf(environment: WorkflowEnvironment): string {
  return namesOf(environment).environmentId;
}
