/** CIDR blocks of a VPC's subnets: one per zone and tier. */
export interface SubnetPlan {
  /** Load balancers and NAT gateways. */
  readonly publicCidrs: readonly string[];
  /** Nodes, pods and interface endpoints. */
  readonly privateCidrs: readonly string[];
  /** Database instances. */
  readonly databaseCidrs: readonly string[];
}

/** IPv4 range: first address as an unsigned number, and prefix length. */
interface Ipv4Range {
  readonly first: number;
  readonly prefixLength: number;
}

export const LARGEST_VPC_PREFIX = 16;
export const SMALLEST_VPC_PREFIX = 20;

/** A private subnet is a quarter of the VPC: with prefix delegation each node uses blocks of 16 addresses. */
const PRIVATE_BITS = 2;
/** Other subnets are 1/64 of the VPC: at least 64 addresses. A load balancer requires a /27 with 8 free addresses. */
const SMALL_BITS = 6;
/** Positions in the last quarter of the VPC, with free space after each tier. */
const FIRST_PUBLIC = 48;
const FIRST_DATABASE = 52;

/** Number of availability zones of a VPC. Three private quarters leave one quarter for the other tiers. */
export type ZoneCount = 1 | 2 | 3;

/** Largest number of availability zones of a VPC. */
export const MAX_ZONE_COUNT = 3;

/**
 * Divides a VPC into public, private and database subnets, one of each per zone.
 *
 * The subnets are fixed shares of the VPC. Subnets of existing zones do not change when a zone is added.
 *
 * @param vpcCidr /16 to /20, such as `10.20.0.0/16`
 * @param zoneCount 1, 2 or 3
 * @throws Error if a value is not allowed
 */
export function planSubnets(vpcCidr: string, zoneCount: number): SubnetPlan {
  const vpc = parseVpcCidr(vpcCidr);
  if (!Number.isInteger(zoneCount) || zoneCount < 1 || zoneCount > MAX_ZONE_COUNT) {
    throw new Error(`zoneCount is ${zoneCount}. Use 1, 2 or 3.`);
  }
  const zones = Array.from({ length: zoneCount }, (_, zone) => zone);
  return {
    publicCidrs: zones.map((zone) => cut(vpc, SMALL_BITS, FIRST_PUBLIC + zone)),
    privateCidrs: zones.map((zone) => cut(vpc, PRIVATE_BITS, zone)),
    databaseCidrs: zones.map((zone) => cut(vpc, SMALL_BITS, FIRST_DATABASE + zone)),
  };
}

function parseVpcCidr(cidr: string): Ipv4Range {
  const [, address = "", length = ""] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr) ?? [];
  const octets = address.split(".").map(Number);
  const prefixLength = Number(length);
  const expected = `an IPv4 range from /${LARGEST_VPC_PREFIX} to /${SMALLEST_VPC_PREFIX}, such as 10.20.0.0/16`;
  if (address === "" || octets.some((octet) => octet > 255)) {
    throw new Error(`The VPC's CIDR is "${cidr}". Use ${expected}.`);
  }
  if (prefixLength < LARGEST_VPC_PREFIX || prefixLength > SMALLEST_VPC_PREFIX) {
    throw new Error(`The VPC's CIDR is "${cidr}", a /${prefixLength}. Use ${expected}.`);
  }
  const first = octets.reduce((number, octet) => number * 256 + octet, 0);
  if (first % sizeOf(prefixLength) !== 0) {
    const start = first - (first % sizeOf(prefixLength));
    throw new Error(
      `The VPC's CIDR is "${cidr}", but the range starts at ${formatCidr({ first: start, prefixLength })}. Use that.`,
    );
  }
  return { first, prefixLength };
}

/** Returns part `index` of a range that is divided into 2^`bits` equal parts. */
function cut(range: Ipv4Range, bits: number, index: number): string {
  const prefixLength = range.prefixLength + bits;
  return formatCidr({ first: range.first + index * sizeOf(prefixLength), prefixLength });
}

function sizeOf(prefixLength: number): number {
  return 2 ** (32 - prefixLength);
}

function formatCidr({ first, prefixLength }: Ipv4Range): string {
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${octets.join(".")}/${prefixLength}`;
}
