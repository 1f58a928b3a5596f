import { isIP } from "node:net";
import { containsCidr, overlapCidr, parseCidr } from "cidr-tools";

const PRIVATE_IPV4 = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/** Shared address space of carriers (RFC 6598): AWS allows it for a VPC, but not for Kubernetes services. */
const SHARED_IPV4 = "100.64.0.0/10";

/** Networks that are never a source address on the internet; EKS rejects them for its public endpoint. */
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

/** Networks of all IPv4 and all IPv6 addresses. */
const EVERYWHERE = ["0.0.0.0/0", "::/0"];

/** Returns whether a string is a network in CIDR notation, IPv4 or IPv6, with a prefix and no host bits set. */
export function isNetwork(text: string): boolean {
  const [address, prefix] = text.split("/");
  if (address === undefined || prefix === undefined || !/^(0|[1-9]\d{0,2})$/.test(prefix)) return false;
  const version = isIP(address);
  if (version === 0 || Number(prefix) > (version === 4 ? 32 : 128)) return false;
  return parseCidr(text).start === parseCidr(address).start;
}

/** Returns whether a string is an IPv4 network with a prefix from `largest` to `smallest` (16 is /16). */
export function isIpv4Network(text: string, largest: number, smallest: number): boolean {
  if (!isNetwork(text) || text.includes(":")) return false;
  const prefix = Number(text.split("/")[1]);
  return prefix >= largest && prefix <= smallest;
}

/** Returns whether an IPv4 network is in the private ranges of RFC 1918. */
export function isPrivate(network: string): boolean {
  return containsCidr(PRIVATE_IPV4, network);
}

/** Returns whether an IPv4 network is in the shared address space of RFC 6598. */
export function isShared(network: string): boolean {
  return containsCidr(SHARED_IPV4, network);
}

/** Returns whether a network has all IPv4 or all IPv6 addresses. */
export function isEverywhere(network: string): boolean {
  return EVERYWHERE.includes(network);
}

/** Returns whether a network has only addresses that are not on the internet. */
export function isNeverOnTheInternet(network: string): boolean {
  return !isEverywhere(network) && containsCidr(NOT_ON_THE_INTERNET, network);
}

/** Returns whether two networks overlap. */
export function overlap(one: string, other: string): boolean {
  return overlapCidr(one, other);
}
