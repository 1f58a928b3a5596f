import { beforeAll, describe, expect, it } from "vitest";
import { listAt, numberAt, textAt } from "../src/kubernetes/objects.js";
import type { CheckedEnvironment } from "../src/manifests/check-environment.js";
import { renderedEnvironments } from "./rendered-environments.js";
import { needs } from "./required-tools.js";
import { type Load, podsOf } from "./simulators/scheduler/cluster-pods.js";
import type { PodSet } from "./simulators/scheduler/pod-set.js";
import type { NodeGroupSize } from "./simulators/scheduler/simulated-cluster.js";
import { type PodCounts, type ZoneLoss, zoneLosses } from "./simulators/scheduler/zone-loss.js";
import { repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";
import type { Block, Synthesized } from "./synthesized-constructs.js";

/*
 * Zone failures. Simulates the failure of each zone for a cluster with the rendered pods and the synthesized node
 * groups, under usual and peak load.
 */

/** Pods that serve requests: application and DNS. */
const SERVING = ["notejam", "coredns"];

/** Pods that are required to replace lost pods: new nodes, registration in the load balancer, volumes. */
const RECOVERING = [...SERVING, "aws-load-balancer-controller", "cluster-autoscaler", "ebs-csi-controller"];

/** Monitoring with replicas that each have all data. */
const MONITORING = ["prometheus", "alertmanager"];

/** Pods with zonal volumes, which wait for their zone. */
const WITH_VOLUMES = ["alertmanager", "loki", "prometheus"];

let stacks: ReadonlyMap<string, Synthesized>;
let rendered: CheckedEnvironment[];
beforeAll(async () => {
  stacks = synthesizeApp(await repositoryConfiguration());
  rendered = await renderedEnvironments();
});

const platform = (environmentId: string) => stackNamed(stacks, `notejam-${environmentId}`);

function groupsOf(environmentId: string): NodeGroupSize[] {
  return platform(environmentId)
    .resources("aws_eks_node_group")
    .map((group) => ({
      scope: textAt(group, "labels", "scope") ?? "",
      tainted: listAt(group, "taint").length > 0,
      instanceTypes: listAt(group, "instance_types").map(String),
      desired: numberAt(group, "scaling_config", "desired_size") ?? 0,
      max: numberAt(group, "scaling_config", "max_size") ?? 0,
    }));
}

function podsIn(environmentId: string, load: Load): PodSet[] {
  const found = rendered.find((environment) => environment.environmentId === environmentId);
  if (!found) throw new Error(`no environment ${environmentId}`);
  return podsOf(found, load);
}

/** Worst counts of each pod set over all failures, by one of the numbers. */
function worst(losses: readonly ZoneLoss[], by: (counts: PodCounts) => number): Map<string, PodCounts> {
  const found = new Map<string, PodCounts>();
  for (const counts of losses.flatMap(({ podCounts }) => podCounts)) {
    const known = found.get(counts.name);
    if (known === undefined || by(counts) < by(known)) found.set(counts.name, counts);
  }
  return found;
}

function countsOf(podCounts: ReadonlyMap<string, PodCounts>, name: string): PodCounts {
  const counts = podCounts.get(name);
  if (!counts) throw new Error(`no pods ${name}`);
  return counts;
}

describe.each<[string, Load]>([
  ["prod", "usual"],
  ["prod", "peak"],
  ["dev", "usual"],
  ["dev", "peak"],
])(
  "%s survives the loss of a data centre, under the %s load",
  needs("kubectl or kustomize"),
  (environmentId, load) => {
    let losses: ZoneLoss[];
    beforeAll(() => {
      losses = zoneLosses(groupsOf(environmentId), podsIn(environmentId, load));
    });

    it("runs all pods before the failure", () => {
      expect(losses).toHaveLength(81);
      expect(losses.every(({ fitted }) => fitted)).toBe(true);
    });

    it("keeps serving: the pods of any two zones can serve the whole load", () => {
      const left = worst(losses, (counts) => counts.left);
      const notejam = countsOf(left, "notejam");
      // The autoscaler targets half of the requested CPU, so half of the pods can serve the whole load.
      expect(notejam.left).toBeGreaterThanOrEqual(Math.ceil(notejam.desired / 2));
      for (const name of RECOVERING) expect(countsOf(left, name).left, name).toBeGreaterThanOrEqual(1);
    });

    it("recovers all pods within the maximum sizes of the node groups", () => {
      const after = worst(losses, (counts) => counts.onNewNodes);
      for (const name of RECOVERING)
        expect(countsOf(after, name), name).toMatchObject({
          onNewNodes: countsOf(after, name).desired,
        });
    });

    it("leaves only pods with a volume in the failed zone pending", () => {
      const after = worst(losses, (counts) => counts.onNewNodes);
      const waiting = [...after.values()].filter(({ desired, onNewNodes }) => onNewNodes < desired);
      expect(waiting.map(({ name }) => name).filter((name) => !WITH_VOLUMES.includes(name))).toEqual([]);
    });

    it("has no budget that blocks node drains, before the failure and after recovery", () => {
      for (const by of [
        (counts: PodCounts) => counts.evictableBefore,
        (counts: PodCounts) => counts.evictableAfter,
      ]) {
        const stuck = [...worst(losses, by).values()].filter((counts) => by(counts) < 1);
        // The only remaining replica of Prometheus must not be evicted while the other one waits for its zone.
        expect(stuck.map(({ name }) => name).filter((name) => !WITH_VOLUMES.includes(name))).toEqual([]);
      }
    });
  },
);

describe.each<Load>(["usual", "peak"])("prod, under the %s load", needs("kubectl or kustomize"), (load) => {
  let losses: ZoneLoss[];
  beforeAll(() => {
    losses = zoneLosses(groupsOf("prod"), podsIn("prod", load));
  });

  it("is still monitored: one replica of Prometheus and of Alertmanager remains", () => {
    const left = worst(losses, (counts) => counts.left);
    for (const name of MONITORING) expect(countsOf(left, name).left, name).toBeGreaterThanOrEqual(1);
  });

  it("restarts Notejam's lost pods without new nodes", () => {
    const onNodesLeft = worst(losses, (counts) => counts.onNodesLeft);
    const notejam = countsOf(onNodesLeft, "notejam");
    expect(notejam.onNodesLeft).toBe(notejam.desired);
  });
});

describe("the simulation detects", needs("kubectl or kustomize"), () => {
  const losses = (change: (pods: PodSet) => Partial<PodSet>, group: Partial<NodeGroupSize> = {}) =>
    zoneLosses(
      groupsOf("prod").map((found) => (found.scope === "apps" ? { ...found, ...group } : found)),
      podsIn("prod", "peak").map((pods) => (pods.name === "notejam" ? { ...pods, ...change(pods) } : pods)),
    );
  const notejam = (found: readonly ZoneLoss[], by: (counts: PodCounts) => number) =>
    countsOf(worst(found, by), "notejam");

  it("a node group with nodes in only one zone", () => {
    const found = losses(() => ({ count: 5 }), { desired: 1, max: 3 });
    expect(notejam(found, ({ left }) => left).left).toBe(0);
  });

  it("a node group with too small a maximum", () => {
    const found = losses(() => ({}), { desired: 3, max: 3 });
    expect(found.every(({ fitted }) => fitted)).toBe(false);
  });

  it("pods that request more than a node has", () => {
    const found = losses(() => ({ requests: { millicores: 1500, mebibytes: 256 } }));
    expect(notejam(found, ({ onNewNodes }) => onNewNodes).onNewNodes).toBe(0);
  });

  it("a budget that blocks node drains", () => {
    const found = losses(({ count }) => ({ budget: { minAvailable: count } }));
    expect(notejam(found, ({ evictableBefore }) => evictableBefore).evictableBefore).toBe(0);
  });
});

/** Returns the resource of a reference such as `${aws_subnet.a.id}`. */
function referred(stack: Synthesized, reference: unknown): Block {
  const [, type = "", id = ""] = /^\$\{(\w+)\.([\w-]+)\.\w+\}$/.exec(String(reference)) ?? [];
  const found = stack.resources(type).find((block) => block.id === id);
  if (!found) throw new Error(`${String(reference)} refers to no resource`);
  return found;
}

describe("resources outside the cluster", needs("kubectl or kustomize"), () => {
  const zoneOf = (stack: Synthesized, subnet: unknown) => String(referred(stack, subnet).availability_zone);

  it("prod: nodes use the NAT gateway of their zone", () => {
    const stack = platform("prod");
    const routes = stack.resources("aws_route").filter(({ nat_gateway_id: nat }) => nat !== undefined);
    expect(routes).toHaveLength(3);
    const pairs = routes.map((route) => {
      const gateway = referred(stack, route.nat_gateway_id);
      const association = stack
        .resources("aws_route_table_association")
        .find(({ route_table_id: table }) => table === route.route_table_id);
      return [zoneOf(stack, association?.subnet_id), zoneOf(stack, gateway.subnet_id)];
    });
    for (const [nodes, gateway] of pairs) expect(nodes).toBe(gateway);
    expect(new Set(pairs.map(([zone]) => zone)).size).toBe(3);
  });

  it("dev: has one NAT gateway. If its zone fails, running pods serve requests, but new pods may not start", () => {
    expect(platform("dev").count("aws_nat_gateway")).toBe(1);
  });

  it.each(["dev", "prod"])("%s: the database has a failover target in another zone", (environmentId) => {
    const stack = platform(environmentId);
    const instances = stack.resources("aws_rds_cluster_instance");
    const zones = instances.map(({ availability_zone: zone }) => String(zone));
    expect(new Set(zones).size).toBe(instances.length);
    expect(instances.length).toBeGreaterThanOrEqual(2);
    // Promotion tiers 0 and 1 precede autoscaled readers, and have the size of the writer.
    expect(instances.map(({ promotion_tier: tier }) => Number(tier)).sort()).toEqual([0, 1]);
  });

  it.each(["dev", "prod"])("%s: the load balancer and each node group have three zones", (environmentId) => {
    const stack = platform(environmentId);
    const zones = (subnets: readonly unknown[]) =>
      new Set(subnets.map((subnet) => zoneOf(stack, subnet))).size;
    expect(zones(listAt(stack.one("aws_lb"), "subnets"))).toBe(3);
    for (const group of stack.resources("aws_eks_node_group"))
      expect(zones(listAt(group, "subnet_ids")), group.id).toBe(3);
  });
});
