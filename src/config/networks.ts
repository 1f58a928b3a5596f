import { isIP } from "node:net";
import { containsCidr, overlapCidr, parseCidr } from "cidr-tools";

const PRIVATE_IPV4 = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/** The address space that carriers share (RFC 6598): AWS allows it for a VPC, not for Kubernetes services. */
const SHARED_IPV4 = "100.64.0.0/10";

/** Networks that never appear as a source on the internet; EKS refuses them for its public endpoint. */
const NOT_ON_THE_INTERNET = [
  ...PRIVATE_IPV4,
  SHARED_IPV4,
  "127.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/4",
  "fc00::/7",
  "fe80::/10",
  "::1/128",
];

/** Both notations of "every address there is". */
const EVERYWHERE = ["0.0.0.0/0", "::/0"];

/** Whether a text is a network in CIDR notation, IPv4 or IPv6, with a prefix and no host bits set. */
export function isNetwork(text: string): boolean {
  const [address, prefix] = text.split("/");
  if (address === undefined || prefix === undefined || !/^(0|[1-9]\d{0,2})$/.test(prefix)) return false;
  const version = isIP(address);
  if (version === 0 || Number(prefix) > (version === 4 ? 32 : 128)) return false;
  return parseCidr(text).start === parseCidr(address).start;
}

/** Whether a text is an IPv4 network whose prefix lies between two lengths (`largest` 16 means /16). */
export function isIpv4Network(text: string, largest: number, smallest: number): boolean {
  if (!isNetwork(text) || text.includes(":")) return false;
  const prefix = Number(text.split("/")[1]);
  return prefix >= largest && prefix <= smallest;
}

/** Whether an IPv4 network lies in the private ranges of RFC 1918. */
export function isPrivate(network: string): boolean {
  return containsCidr(PRIVATE_IPV4, network);
}

/** Whether an IPv4 network lies in the carriers' shared range of RFC 6598. */
export function isShared(network: string): boolean {
  return containsCidr(SHARED_IPV4, network);
}

/** Whether a network is all of the IPv4 or all of the IPv6 internet. */
export function isEverywhere(network: string): boolean {
  return EVERYWHERE.includes(network);
}

/** Whether a network holds only addresses that cannot come from the internet. */
export function isNeverOnTheInternet(network: string): boolean {
  return !isEverywhere(network) && containsCidr(NOT_ON_THE_INTERNET, network);
}

/** Whether two networks share an address. */
export function overlap(one: string, other: string): boolean {
  return overlapCidr(one, other);
}
