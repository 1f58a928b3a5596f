/** The address ranges of a VPC's subnets: one per zone in each tier. */
export interface SubnetPlan {
  /** Load balancers and NAT gateways. */
  readonly publicCidrs: readonly string[];
  /** Nodes, pods and interface endpoints. */
  readonly privateCidrs: readonly string[];
  /** Database instances. */
  readonly databaseCidrs: readonly string[];
}

/** An IPv4 range as its first address (an unsigned number) and the length of its prefix. */
interface Ipv4Range {
  readonly first: number;
  readonly prefixLength: number;
}

export const LARGEST_VPC_PREFIX = 16;
export const SMALLEST_VPC_PREFIX = 20;

/** A quarter of the VPC each: with prefix delegation every node takes whole blocks of 16 addresses for its pods. */
const PRIVATE_BITS = 2;
/** A sixty-fourth each: 64 addresses in the smallest VPC, where a load balancer asks for a /27 and 8 free ones. */
const SMALL_BITS = 6;
/** The private subnets end where the last quarter begins; in it public and database lie at fixed places, with room behind each. */
const FIRST_PUBLIC = 48;
const FIRST_DATABASE = 52;

/**
 * Cuts a VPC into public, private and database subnets, one each per zone.
 *
 * The places are fixed shares of the VPC, so the plan of one size is the plan of every size, and nine of the
 * sixty-four small places stay free for later.
 *
 * @param vpcCidr - a /16 to /20, such as `10.20.0.0/16`
 * @param zoneCount - at most 3: more private quarters would leave nothing for the other tiers
 * @throws Error that says what is allowed
 */
export function planSubnets(vpcCidr: string, zoneCount: number): SubnetPlan {
  const vpc = parseVpcCidr(vpcCidr);
  if (!Number.isInteger(zoneCount) || zoneCount < 1 || zoneCount > 3) {
    throw new Error(`zoneCount is ${zoneCount}, but a VPC is laid out over 1, 2 or 3 zones.`);
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
    throw new Error(`The VPC's CIDR is "${cidr}", but must be ${expected}.`);
  }
  if (prefixLength < LARGEST_VPC_PREFIX || prefixLength > SMALLEST_VPC_PREFIX) {
    throw new Error(`The VPC's CIDR is "${cidr}", a /${prefixLength}, but must be ${expected}.`);
  }
  const first = octets.reduce((number, octet) => number * 256 + octet, 0);
  if (first % sizeOf(prefixLength) !== 0) {
    const start = first - (first % sizeOf(prefixLength));
    throw new Error(
      `The VPC's CIDR is "${cidr}", but that range begins at ${formatCidr({ first: start, prefixLength })}; write that.`,
    );
  }
  return { first, prefixLength };
}

/** The part number `index` of a range that is cut into 2^`bits` equal parts. */
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
