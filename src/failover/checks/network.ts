import {
  DescribeAvailabilityZonesCommand,
  DescribeInstanceTypeOfferingsCommand,
  type _InstanceType as InstanceType,
} from "@aws-sdk/client-ec2";
import { DescribeClusterVersionsCommand } from "@aws-sdk/client-eks";
import { DescribeOrderableDBInstanceOptionsCommand } from "@aws-sdk/client-rds";
import { ZONE_COUNT } from "../../config/zones.js";
import type { Diagnostic } from "../../diagnostic.js";
import { runCheck } from "../aws-answers.js";
import type { Failover } from "../failover.js";
import { failed, passed, uncertain } from "../results.js";

/** Checks that the region offers zones, instance types, and the versions of Kubernetes and PostgreSQL. */
export async function checkOfferings(failover: Failover): Promise<Diagnostic[]> {
  const results = [
    runCheck("zones", () => zones(failover)),
    runCheck("instance-types", () => instanceTypes(failover)),
    runCheck("kubernetes", () => kubernetes(failover)),
    runCheck("database", () => database(failover)),
  ];
  return (await Promise.all(results)).flat();
}

async function zones({ target }: Failover): Promise<Diagnostic[]> {
  const { AvailabilityZones = [] } = await target.ec2.send(
    new DescribeAvailabilityZonesCommand({ Filters: [{ Name: "zone-type", Values: ["availability-zone"] }] }),
  );
  const open = AvailabilityZones.filter(({ State }) => State === "available").map(({ ZoneName }) => ZoneName);
  const summary = `${open.length} available in ${target.region}: ${open.join(", ")}`;
  return [
    open.length >= ZONE_COUNT
      ? passed("zones", summary)
      : failed("zones", summary, `choose a region with at least ${ZONE_COUNT} zones that are available now`),
  ];
}

async function instanceTypes({ standby, target }: Failover): Promise<Diagnostic[]> {
  const types = [...new Set(Object.values(standby.nodeGroups).flatMap(({ instanceTypes }) => instanceTypes))];
  const { InstanceTypeOfferings = [] } = await target.ec2.send(
    new DescribeInstanceTypeOfferingsCommand({
      LocationType: "availability-zone",
      Filters: [{ Name: "instance-type", Values: types }],
    }),
  );
  const zonesOf = (type: string) =>
    InstanceTypeOfferings.filter(({ InstanceType }) => isType(InstanceType, type)).length;
  return types.map((type) => {
    const summary = `${type} is offered in ${zonesOf(type)} zones of ${target.region}`;
    if (zonesOf(type) >= ZONE_COUNT) return passed("instance-types", summary);
    return failed(
      "instance-types",
      summary,
      "choose another type in nodeGroups in the environment file of the standby",
    );
  });
}

function isType(offered: InstanceType | undefined, type: string): boolean {
  return offered === type;
}

async function kubernetes({ standby, target }: Failover): Promise<Diagnostic[]> {
  const { clusterVersions = [] } = await target.eks.send(new DescribeClusterVersionsCommand({}));
  const offered = clusterVersions.map(({ clusterVersion }) => clusterVersion);
  const version = standby.kubernetesVersion;
  if (offered.includes(version)) return [passed("kubernetes", `EKS offers ${version}`)];
  const summary = `EKS in ${target.region} offers ${offered.join(", ")}, not ${version}`;
  return [failed("kubernetes", summary, "set kubernetesVersion of the standby to one of those")];
}

async function database({ standby, target }: Failover): Promise<Diagnostic[]> {
  const { engineVersion, instanceClass } = standby.database;
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
    return [passed("database", `${wanted} is offered in ${zones.size} zones of ${target.region}`)];
  }
  return [
    uncertain(
      "database",
      `${target.region} does not list ${wanted}`,
      "run aws rds describe-orderable-db-instance-options, and set database of the standby to an offered class",
    ),
  ];
}
