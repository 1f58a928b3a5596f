import type { Finding, Rule } from "../refusal.js";
import { type Arguments, type Block, isTrue, nested, type StackView, texts } from "../stack-view.js";

/** Prefixes shorter than these hold so much of the internet that they mean all of it (0.0.0.0/1 twice is everything). */
const SHORTEST_PREFIX = { ipv4: 8, ipv6: 16 };

/** What the load balancer serves to everybody. */
const PUBLIC_PORTS = [80, 443];

/** One way in: a rule resource, or a block inside a security group. */
interface Ingress {
  readonly block: Block;
  readonly networks: readonly unknown[];
  readonly ports: Arguments;
  /** The group that it belongs to: a reference to it, or the group itself. */
  readonly group: unknown;
}

/** Refuses ways in from anywhere, except to ports 80 and 443 of an application load balancer. */
export const ingressFromAnywhere = {
  id: "ingress-from-anywhere",
  why: "only the load balancer, behind the web ACL, may be reached by everybody; anything else is scanned within minutes",
  remedy:
    "name the networks or security groups that need it; 80 and 443 may be open on a security group that a load balancer of this stack uses",
  check: (stack) => [...openGroups(stack), ...openClusters(stack)],
} satisfies Rule;

function openGroups(stack: StackView): Finding[] {
  return [...ruleResources(stack), ...inlineRules(stack)].flatMap((ingress) => {
    const open = ingress.networks.filter(isAnywhere);
    if (open.length === 0 || isLoadBalancersFrontDoor(stack, ingress)) return [];
    const { path, type } = ingress.block;
    return [{ path, type, what: `lets ${open.join(" and ")} in on ${describePorts(ingress.ports)}` }];
  });
}

function ruleResources(stack: StackView): Ingress[] {
  const rules = stack.ofType("aws_vpc_security_group_ingress_rule").map((block) => ({
    block,
    networks: [block.arguments.cidr_ipv4, block.arguments.cidr_ipv6],
    ports: block.arguments,
    group: block.arguments.security_group_id,
  }));
  const olderRules = stack
    .ofType("aws_security_group_rule")
    .filter((block) => block.arguments.type === "ingress")
    .map((block) => ({
      block,
      networks: networksOf(block.arguments),
      ports: block.arguments,
      group: block.arguments.security_group_id,
    }));
  return [...rules, ...olderRules];
}

function inlineRules(stack: StackView): Ingress[] {
  return stack.ofType("aws_security_group", "aws_default_security_group").flatMap((block) =>
    nested(block.arguments, "ingress").map((ingress) => ({
      block,
      networks: networksOf(ingress),
      ports: ingress,
      group: block,
    })),
  );
}

function networksOf(rule: Arguments): readonly string[] {
  return [...texts(rule.cidr_blocks), ...texts(rule.ipv6_cidr_blocks)];
}

function isAnywhere(network: unknown): boolean {
  if (typeof network !== "string") return false;
  const [, prefix] = network.match(/\/(\d+)$/) ?? [];
  return (
    prefix !== undefined &&
    Number(prefix) < (network.includes(":") ? SHORTEST_PREFIX.ipv6 : SHORTEST_PREFIX.ipv4)
  );
}

function isLoadBalancersFrontDoor(stack: StackView, { ports, group }: Ingress): boolean {
  const from = ports.from_port;
  const isPublicPort = PUBLIC_PORTS.some((port) => from === port && ports.to_port === port);
  const isTcp = (ports.ip_protocol ?? ports.protocol) === "tcp";
  return (
    isPublicPort &&
    isTcp &&
    stack
      .ofType("aws_security_group")
      .some((candidate) => isOf(stack, group, candidate) && guardsLoadBalancer(stack, candidate))
  );
}

function isOf(stack: StackView, group: unknown, candidate: Block): boolean {
  return group === candidate || (typeof group === "string" && stack.refersTo(group, candidate));
}

function guardsLoadBalancer(stack: StackView, group: Block): boolean {
  return stack
    .ofType("aws_lb", "aws_alb")
    .filter(({ arguments: { load_balancer_type: kind } }) => kind === undefined || kind === "application")
    .some((balancer) => stack.refersTo(balancer.arguments.security_groups, group));
}

function describePorts(ports: Arguments): string {
  const from = ports.from_port;
  const to = ports.to_port;
  if (typeof from !== "number" || typeof to !== "number" || from < 0) return "every port";
  return from === to ? `port ${from}` : `ports ${from} to ${to}`;
}

/** AWS opens a public endpoint to everybody when no networks are given. */
function openClusters(stack: StackView): Finding[] {
  return stack.ofType("aws_eks_cluster").flatMap(({ path, type, arguments: cluster }) =>
    nested(cluster, "vpc_config")
      .filter(
        (network) => network.endpoint_public_access === undefined || isTrue(network.endpoint_public_access),
      )
      .filter(
        (network) =>
          !Array.isArray(network.public_access_cidrs) || texts(network.public_access_cidrs).some(isAnywhere),
      )
      .map(() => ({
        path,
        type,
        what: "lets everybody reach the Kubernetes API",
        remedy:
          "list networks in clusterEndpoint.publicAccessCidrs of the environment's file; with openToTheWorldBecause the stack passes that reason as an exception",
      })),
  );
}
