import { fieldErrors } from "../field-error.js";
import { namesTooLong } from "../names.js";
import { partitionOf, REGIONS, reasonRegionIsUnsupported, regionsOf } from "../regions.js";
import { closest } from "../spelling.js";
import type { Errors, ValidFields } from "./rule.js";

const regionError = fieldErrors("regions");
const nameError = fieldErrors("names");

/** The region is supported. */
export function* checkRegion(field: string, region: string | undefined): Errors {
  if (region === undefined || partitionOf(region) !== undefined) return;
  const reason = reasonRegionIsUnsupported(region);
  const similar = closest(region, REGIONS);
  yield regionError(
    field,
    region,
    `an AWS region with EKS, Aurora PostgreSQL, WAF and at least three availability zones${reason === undefined ? "" : `; ${region} ${reason}`}`,
    `${similar === undefined ? "" : `did you mean "${similar}"? `}choose one of the regions in src/config/regions.ts`,
  );
}

/** Regions are supported, and the DR region and the standby are in other regions of the same partition. */
export function* checkRegions({ region, drRegion, standbyOf }: ValidFields): Errors {
  yield* checkRegion("region", region);
  yield* checkRegion("drRegion", drRegion);
  yield* checkRegion("standbyOf.region", standbyOf?.region);
  if (region === undefined) return;
  yield* checkDrRegion(region, drRegion);
  if (standbyOf?.region === region) {
    yield regionError(
      "region",
      region,
      "another region than that of the primary",
      "pass another region to createStandby(), preferably the drRegion of the primary",
    );
  }
}

function* checkDrRegion(region: string, drRegion: string | undefined): Errors {
  const partition = partitionOf(region);
  if (drRegion === undefined || partition === undefined || partitionOf(drRegion) === undefined) return;
  if (drRegion !== region && partitionOf(drRegion) === partition) return;
  const others = regionsOf(partition).filter((candidate) => candidate !== region);
  // Regions of a continent have the same prefix.
  const example = others.find((candidate) => candidate.slice(0, 2) === region.slice(0, 2)) ?? others[0];
  yield regionError(
    "drRegion",
    drRegion,
    drRegion === region
      ? "another region than that of the environment, because replicas must survive its loss"
      : `a region in the partition of ${region} (${partition}): AWS does not replicate across partitions`,
    `choose a region of the partition ${partition}, such as "${example}"`,
  );
}

/** The names of an environment and of its standby have at most the length that AWS allows. */
export function* checkNames({ name, region, drRegion, standbyOf }: ValidFields): Errors {
  if (name === undefined || region === undefined || drRegion === undefined) return;
  // Standby names are checked in advance, so that no name turns out to be too long during a failover.
  const standby =
    standbyOf === undefined ? namesTooLong({ name, region: drRegion, standbyOf: { region } }) : [];
  const tooLong = new Map(
    [...standby, ...namesTooLong({ name, region, standbyOf })].map((each) => [each.of, each]),
  );
  if (tooLong.size === 0) return;
  const excess = Math.max(...[...tooLong.values()].map((each) => each.name.length - each.limit));
  const limits = [...tooLong.values()].map(
    (each) => `${each.of}: ${each.name.length} of ${each.limit} characters`,
  );
  yield nameError(
    "name",
    name,
    `a name within the AWS limits for derived names, also of the standby (${limits.join(", ")})`,
    `make it at least ${excess} characters shorter`,
  );
}
