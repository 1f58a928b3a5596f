import type { Rule, Violation } from "../rule.js";
import { type Arguments, type Block, isTrue, nested, type StackView, texts } from "../stack-view.js";

/** Networks with a shorter prefix count as the whole internet (two /1 networks cover it). */
const MIN_PREFIX = { ipv4: 8, ipv6: 16 };

/** Public ports of the load balancer. */
const PUBLIC_PORTS = [80, 443];

/** Ingress rule: a resource, or a block of a security group. */
interface Ingress {
  readonly block: Block;
  readonly networks: readonly unknown[];
  readonly ports: Arguments;
  /** Security group of the rule: a reference, or the block itself. */
  readonly group: unknown;
}

/** Only ports 80 and 443 of an application load balancer may be open to the internet. */
export const ingressFromAnywhere = {
  id: "ingress-from-anywhere",
  reason: "only the load balancer, behind the web ACL, is public; attackers scan every other open port",
  hint: "allow the networks or security groups that need access; 80 and 443 may be open in a security group of a load balancer of this stack",
  check: (stack) => [...openGroups(stack), ...openClusters(stack)],
} satisfies Rule;

function openGroups(stack: StackView): Violation[] {
  return [...ruleResources(stack), ...inlineRules(stack)].flatMap((ingress) => {
    const open = ingress.networks.filter(isAnywhere);
    if (open.length === 0 || isPublicLoadBalancer(stack, ingress)) return [];
    const summary = `allows ingress from ${open.join(" and ")} to ${describePorts(ingress.ports)}`;
    return [{ block: ingress.block, summary }];
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
  return prefix !== undefined && Number(prefix) < (network.includes(":") ? MIN_PREFIX.ipv6 : MIN_PREFIX.ipv4);
}

function isPublicLoadBalancer(stack: StackView, { ports, group }: Ingress): boolean {
  const from = ports.from_port;
  const isPublicPort = PUBLIC_PORTS.some((port) => from === port && ports.to_port === port);
  const isTcp = (ports.ip_protocol ?? ports.protocol) === "tcp";
  return (
    isPublicPort &&
    isTcp &&
    stack
      .ofType("aws_security_group")
      .some((candidate) => isOf(stack, group, candidate) && protectsLoadBalancer(stack, candidate))
  );
}

function isOf(stack: StackView, group: unknown, candidate: Block): boolean {
  return group === candidate || (typeof group === "string" && stack.refersTo(group, candidate));
}

function protectsLoadBalancer(stack: StackView, group: Block): boolean {
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

/** Without networks AWS opens the public endpoint to 0.0.0.0/0. */
function openClusters(stack: StackView): Violation[] {
  return stack.ofType("aws_eks_cluster").flatMap((block) =>
    nested(block.arguments, "vpc_config")
      .filter(
        (network) => network.endpoint_public_access === undefined || isTrue(network.endpoint_public_access),
      )
      .filter(
        (network) =>
          !Array.isArray(network.public_access_cidrs) || texts(network.public_access_cidrs).some(isAnywhere),
      )
      .map(() => ({
        block,
        summary: "opens the Kubernetes API to the internet",
        hint: "list networks in clusterEndpoint.publicAccessCidrs, or give the reason in openToTheWorldBecause",
      })),
  );
}
