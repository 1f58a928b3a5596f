import type { Environment } from "./environment.js";
import { partitionOf, regionsOf } from "./regions.js";

/**
 * Returns the standby that an environment would have after the loss of its region: in its DR region, where its replicas
 * are. Roles and workspaces for it are created in advance, while all regions are available.
 */
export function plannedStandby(environment: Environment): Environment {
  const { region, drRegion } = environment;
  return {
    ...environment,
    region: drRegion,
    drRegion: drRegionOfStandby(region, drRegion),
    standbyOf: { region },
  };
}

/**
 * Returns the default DR region of a standby: the nearest region that is neither lost nor its own.
 *
 * @param lost region of the primary
 * @param region region of the standby
 */
export function drRegionOfStandby(lost: string, region: string): string {
  const others = regionsOf(partitionOf(region) ?? "aws").filter(
    (other) => other !== lost && other !== region,
  );
  // Regions of a continent have the same prefix.
  const near = others.find((other) => other.slice(0, 2) === region.slice(0, 2)) ?? others[0];
  // GovCloud and China have two regions each: only the lost one is left.
  return near ?? lost;
}
