import type { Environment } from "./environment.js";
import { partitionOf, regionsOf } from "./regions.js";

/**
 * The copy that an environment would be raised as if its region were lost: in its DR region, where its replicas are. It is
 * prepared for (roles, workspaces) while all regions still answer.
 */
export function standbyOf(environment: Environment): Environment {
  const { region, drRegion } = environment;
  return {
    ...environment,
    region: drRegion,
    drRegion: regionForReplicas(region, drRegion),
    recoveryOf: { region },
  };
}

/**
 * Where a recovery copy replicates to, unless somebody states another region: the nearest that is neither lost nor the copy's own.
 *
 * @param lost the region that the copy stands in for
 * @param region the region that the copy stands in
 */
export function regionForReplicas(lost: string, region: string): string {
  const others = regionsOf(partitionOf(region) ?? "aws").filter(
    (other) => other !== lost && other !== region,
  );
  // Regions of one continent share their first letters.
  const near = others.find((other) => other.slice(0, 2) === region.slice(0, 2)) ?? others[0];
  // GovCloud and China have two regions each: nothing is left but the one that is lost.
  return near ?? lost;
}
