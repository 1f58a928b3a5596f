import {
  DescribeAddressesCommand,
  DescribeInstanceTypesCommand,
  DescribeVpcsCommand,
  type _InstanceType as InstanceType,
} from "@aws-sdk/client-ec2";
import { GetServiceQuotaCommand } from "@aws-sdk/client-service-quotas";
import { ZONE_COUNT } from "../../config/zones.js";
import { ask } from "../aws-answers.js";
import type { Move } from "../failover.js";
import { type Finding, missing, ok, unsure } from "../finding.js";

/** A limit that AWS sets an account per region, and what a copy takes of it. */
interface Quota {
  readonly what: string;
  readonly service: string;
  /** https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html */
  readonly code: string;
  /** In use now. */
  readonly used: (move: Move) => Promise<number>;
  /** What the copy adds at its largest. */
  readonly wanted: (move: Move) => Promise<number>;
}

const NAT_GATEWAYS = { "per-zone": ZONE_COUNT, single: 1 } as const;

const QUOTAS: readonly Quota[] = [
  {
    what: "VPCs",
    service: "vpc",
    code: "L-F678F1CE",
    used: async ({ target }) => (await target.ec2.send(new DescribeVpcsCommand({}))).Vpcs?.length ?? 0,
    wanted: async () => 1,
  },
  {
    what: "Elastic IP addresses",
    service: "ec2",
    code: "L-0263D0A3",
    used: async ({ target }) =>
      (await target.ec2.send(new DescribeAddressesCommand({}))).Addresses?.length ?? 0,
    wanted: async ({ copy }) => NAT_GATEWAYS[copy.natGateways],
  },
  {
    what: "vCPUs of on-demand standard machines",
    service: "ec2",
    code: "L-1216C47A",
    // A machine's use of this quota is told by CloudWatch only; a region without our copy has none as a rule.
    used: async () => 0,
    wanted: mostProcessors,
  },
];

/** Whether the account's limits in the region leave room for a copy at its largest. */
export async function checkQuotas(move: Move): Promise<Finding[]> {
  const findings = QUOTAS.map((quota) => ask("quotas", () => room(quota, move)));
  return (await Promise.all(findings)).flat();
}

async function room(quota: Quota, move: Move): Promise<Finding[]> {
  const [used, wanted] = await Promise.all([quota.used(move), quota.wanted(move)]);
  const command = `aws service-quotas request-service-quota-increase --region ${move.target.region} --service-code ${quota.service} --quota-code ${quota.code} --desired-value ${used + wanted}`;
  const limit = await limitOf(quota, move);
  if (limit === undefined) {
    const seen = `the limit of ${quota.what} cannot be read; the copy needs ${wanted} beside ${used} in use`;
    return [unsure("quotas", seen, `make sure that it is ${used + wanted} or more`)];
  }
  const seen = `${quota.what}: ${used} in use and ${wanted} for the copy, of ${limit}`;
  return [used + wanted <= limit ? ok("quotas", seen) : missing("quotas", seen, command)];
}

async function limitOf({ service, code }: Quota, { target }: Move): Promise<number | undefined> {
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

async function mostProcessors({ copy, target }: Move): Promise<number> {
  const groups = Object.values(copy.nodeGroups);
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
