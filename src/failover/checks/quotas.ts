import {
  DescribeAddressesCommand,
  DescribeInstanceTypesCommand,
  DescribeVpcsCommand,
  type _InstanceType as InstanceType,
} from "@aws-sdk/client-ec2";
import { GetServiceQuotaCommand } from "@aws-sdk/client-service-quotas";
import { ZONE_COUNT } from "../../config/zones.js";
import type { Diagnostic } from "../../diagnostic.js";
import { runCheck } from "../aws-answers.js";
import type { Failover } from "../failover.js";
import { failed, passed, uncertain } from "../results.js";

/** AWS quota per account and region, and the usage of a standby. */
interface Quota {
  readonly title: string;
  readonly service: string;
  /** https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html */
  readonly code: string;
  /** In use now. */
  readonly used: (failover: Failover) => Promise<number>;
  /** Additional usage of the standby at its maximum. */
  readonly needed: (failover: Failover) => Promise<number>;
}

const NAT_GATEWAYS = { "per-zone": ZONE_COUNT, single: 1 } as const;

const QUOTAS: readonly Quota[] = [
  {
    title: "VPCs",
    service: "vpc",
    code: "L-F678F1CE",
    used: async ({ target }) => (await target.ec2.send(new DescribeVpcsCommand({}))).Vpcs?.length ?? 0,
    needed: async () => 1,
  },
  {
    title: "Elastic IP addresses",
    service: "ec2",
    code: "L-0263D0A3",
    used: async ({ target }) =>
      (await target.ec2.send(new DescribeAddressesCommand({}))).Addresses?.length ?? 0,
    needed: async ({ standby }) => NAT_GATEWAYS[standby.natGateways],
  },
  {
    title: "vCPUs of on-demand standard instances",
    service: "ec2",
    code: "L-1216C47A",
    // The usage of this quota is only in CloudWatch; a region without a standby usually has none.
    used: async () => 0,
    needed: maxVcpus,
  },
];

/** Checks that the quotas of the account in the region are sufficient for the standby at its maximum. */
export async function checkQuotas(failover: Failover): Promise<Diagnostic[]> {
  const results = QUOTAS.map((quota) => runCheck("quotas", () => room(quota, failover)));
  return (await Promise.all(results)).flat();
}

async function room(quota: Quota, failover: Failover): Promise<Diagnostic[]> {
  const [used, needed] = await Promise.all([quota.used(failover), quota.needed(failover)]);
  const command = `aws service-quotas request-service-quota-increase --region ${failover.target.region} --service-code ${quota.service} --quota-code ${quota.code} --desired-value ${used + needed}`;
  const limit = await limitOf(quota, failover);
  if (limit === undefined) {
    const summary = `the quota of ${quota.title} cannot be read; the standby needs ${needed} in addition to ${used} in use`;
    return [uncertain("quotas", summary, `check that it is ${used + needed} or more`)];
  }
  const summary = `${quota.title}: ${used} in use and ${needed} for the standby, of ${limit}`;
  return [used + needed <= limit ? passed("quotas", summary) : failed("quotas", summary, command)];
}

async function limitOf({ service, code }: Quota, { target }: Failover): Promise<number | undefined> {
  try {
    const answer = await target.quotas.send(
      new GetServiceQuotaCommand({ ServiceCode: service, QuotaCode: code }),
    );
    return answer.Quota?.Value;
  } catch (error) {
    if (error instanceof Error && /NoSuchResource|AccessDenied/.test(error.name)) return undefined;
    throw error;
  }
}

async function maxVcpus({ standby, target }: Failover): Promise<number> {
  const groups = Object.values(standby.nodeGroups);
  const types = [...new Set(groups.flatMap(({ instanceTypes }) => instanceTypes))];
  const { InstanceTypes = [] } = await target.ec2.send(
    new DescribeInstanceTypesCommand({ Filters: [{ Name: "instance-type", Values: types }] }),
  );
  const processors = new Map<InstanceType | string | undefined, number>(
    InstanceTypes.map(({ InstanceType, VCpuInfo }) => [InstanceType, VCpuInfo?.DefaultVCpus ?? 0]),
  );
  return groups
    .map(
      ({ instanceTypes, max }) => max * Math.max(...instanceTypes.map((type) => processors.get(type) ?? 0)),
    )
    .reduce((sum, each) => sum + each, 0);
}
