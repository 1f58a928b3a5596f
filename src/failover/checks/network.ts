import {
  DescribeAvailabilityZonesCommand,
  DescribeInstanceTypeOfferingsCommand,
  type _InstanceType as InstanceType,
} from "@aws-sdk/client-ec2";
import { DescribeClusterVersionsCommand } from "@aws-sdk/client-eks";
import { DescribeOrderableDBInstanceOptionsCommand } from "@aws-sdk/client-rds";
import { ZONE_COUNT } from "../../config/zones.js";
import { ask } from "../aws-answers.js";
import type { Move } from "../failover.js";
import { type Finding, missing, ok, unsure } from "../finding.js";

/** Whether the region has what a copy is made of: zones, machines, the versions of Kubernetes and PostgreSQL. */
export async function checkPlace(move: Move): Promise<Finding[]> {
  const looks = [
    ask("zones", () => zones(move)),
    ask("machines", () => machines(move)),
    ask("Kubernetes", () => kubernetes(move)),
    ask("database", () => database(move)),
  ];
  return (await Promise.all(looks)).flat();
}

async function zones({ target }: Move): Promise<Finding[]> {
  const { AvailabilityZones = [] } = await target.ec2.send(
    new DescribeAvailabilityZonesCommand({ Filters: [{ Name: "zone-type", Values: ["availability-zone"] }] }),
  );
  const open = AvailabilityZones.filter(({ State }) => State === "available").map(({ ZoneName }) => ZoneName);
  const seen = `${open.length} available in ${target.region}: ${open.join(", ")}`;
  return [
    open.length >= ZONE_COUNT
      ? ok("zones", seen)
      : missing("zones", seen, `choose a region with at least ${ZONE_COUNT} zones that are available now`),
  ];
}

async function machines({ copy, target }: Move): Promise<Finding[]> {
  const types = [...new Set(Object.values(copy.nodeGroups).flatMap(({ instanceTypes }) => instanceTypes))];
  const { InstanceTypeOfferings = [] } = await target.ec2.send(
    new DescribeInstanceTypeOfferingsCommand({
      LocationType: "availability-zone",
      Filters: [{ Name: "instance-type", Values: types }],
    }),
  );
  const zonesOf = (type: string) =>
    InstanceTypeOfferings.filter(({ InstanceType }) => isType(InstanceType, type)).length;
  return types.map((type) => {
    const seen = `${type} is offered in ${zonesOf(type)} zones of ${target.region}`;
    if (zonesOf(type) >= ZONE_COUNT) return ok("machines", seen);
    return missing("machines", seen, "name another type in nodeGroups of the copy's environment file");
  });
}

function isType(offered: InstanceType | undefined, type: string): boolean {
  return offered === type;
}

async function kubernetes({ copy, target }: Move): Promise<Finding[]> {
  const { clusterVersions = [] } = await target.eks.send(new DescribeClusterVersionsCommand({}));
  const offered = clusterVersions.map(({ clusterVersion }) => clusterVersion);
  const version = copy.kubernetesVersion;
  if (offered.includes(version)) return [ok("Kubernetes", `EKS offers ${version}`)];
  const seen = `EKS in ${target.region} offers ${offered.join(", ")}, not ${version}`;
  return [missing("Kubernetes", seen, "state one of those as kubernetesVersion of the copy")];
}

async function database({ copy, target }: Move): Promise<Finding[]> {
  const { engineVersion, instanceClass } = copy.database;
  const { OrderableDBInstanceOptions = [] } = await target.rds.send(
    new DescribeOrderableDBInstanceOptionsCommand({
      Engine: "aurora-postgresql",
      EngineVersion: engineVersion,
      DBInstanceClass: instanceClass,
    }),
  );
  const zones = new Set(
    OrderableDBInstanceOptions.flatMap(({ AvailabilityZones = [] }) =>
      AvailabilityZones.map(({ Name }) => Name),
    ),
  );
  const wanted = `Aurora PostgreSQL ${engineVersion} on ${instanceClass}`;
  if (OrderableDBInstanceOptions.length > 0) {
    return [ok("database", `${wanted} is offered in ${zones.size} zones of ${target.region}`)];
  }
  return [
    unsure(
      "database",
      `${target.region} lists no offer of ${wanted}`,
      "look at aws rds describe-orderable-db-instance-options, and state what is offered as database of the copy",
    ),
  ];
}
