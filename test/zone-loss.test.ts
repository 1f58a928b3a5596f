import { beforeAll, describe, expect, it } from "vitest";
import { listAt, numberAt, textAt } from "../src/kubernetes/objects.js";
import type { CheckedEnvironment } from "../src/manifests/check-environment.js";
import { renderedEnvironments } from "./rendered-environments.js";
import { needs } from "./required-tools.js";
import { type Load, podsOf } from "./simulators/scheduler/cluster-pods.js";
import type { PodSet } from "./simulators/scheduler/pod-set.js";
import type { NodeGroupSize } from "./simulators/scheduler/simulated-cluster.js";
import { type Course, type ZoneLoss, zoneLosses } from "./simulators/scheduler/zone-loss.js";
import { repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";
import type { Block, Synthesized } from "./synthesized-constructs.js";

/*
 * Service goes on when a data centre fails: each zone in turn is taken away from a model of the cluster, of its pods as
 * rendered and its node groups as synthesized, under the usual load and at the peak.
 */

/** What a page needs besides the database: pods that answer, and names of hosts. */
const SERVING = ["notejam", "coredns"];

/** What gets lost pods back: new nodes, pods that the load balancer knows, disks. */
const REPAIRING = [...SERVING, "aws-load-balancer-controller", "cluster-autoscaler", "ebs-csi-controller"];

/** Copies that each have all the data: one of them watches on. */
const WATCHING = ["prometheus", "alertmanager"];

/** What keeps its data on a disk of one zone, and waits for that zone to come back. */
const ON_DISKS = ["alertmanager", "loki", "prometheus"];

let stacks: ReadonlyMap<string, Synthesized>;
let rendered: CheckedEnvironment[];
beforeAll(async () => {
  stacks = synthesizeApp(await repositoryConfiguration());
  rendered = await renderedEnvironments();
});

const platform = (instance: string) => stackNamed(stacks, `notejam-${instance}`);

function groupsOf(instance: string): NodeGroupSize[] {
  return platform(instance)
    .resources("aws_eks_node_group")
    .map((group) => ({
      scope: textAt(group, "labels", "scope") ?? "",
      tainted: listAt(group, "taint").length > 0,
      instanceTypes: listAt(group, "instance_types").map(String),
      desired: numberAt(group, "scaling_config", "desired_size") ?? 0,
      max: numberAt(group, "scaling_config", "max_size") ?? 0,
    }));
}

function podsIn(instance: string, load: Load): PodSet[] {
  const found = rendered.find((environment) => environment.instance === instance);
  if (!found) throw new Error(`no environment is called ${instance}`);
  return podsOf(found, load);
}

/** The worst course of each kind of pods over all losses, by one of its numbers. */
function worst(losses: readonly ZoneLoss[], by: (course: Course) => number): Map<string, Course> {
  const found = new Map<string, Course>();
  for (const course of losses.flatMap(({ courses }) => courses)) {
    const known = found.get(course.name);
    if (known === undefined || by(course) < by(known)) found.set(course.name, course);
  }
  return found;
}

function courseOf(courses: ReadonlyMap<string, Course>, name: string): Course {
  const course = courses.get(name);
  if (!course) throw new Error(`there are no pods called ${name}`);
  return course;
}

describe.each<[string, Load]>([
  ["prod", "usual"],
  ["prod", "peak"],
  ["dev", "usual"],
  ["dev", "peak"],
])(
  "%s survives the loss of a data centre, under the %s load",
  needs("kubectl or kustomize"),
  (instance, load) => {
    let losses: ZoneLoss[];
    beforeAll(() => {
      losses = zoneLosses(groupsOf(instance), podsIn(instance, load));
    });

    it("has a place for every pod while all zones are there", () => {
      expect(losses).toHaveLength(81);
      expect(losses.every(({ fitted }) => fitted)).toBe(true);
    });

    it("goes on at once: enough pods for the whole load are left in any two zones, and names are resolved", () => {
      const left = worst(losses, (course) => course.left);
      const notejam = courseOf(left, "notejam");
      // The autoscaler keeps pods at half of what they request, so half of them carry the load of all.
      expect(notejam.left).toBeGreaterThanOrEqual(Math.ceil(notejam.wanted / 2));
      for (const name of REPAIRING) expect(courseOf(left, name).left, name).toBeGreaterThanOrEqual(1);
    });

    it("has as many pods as before when groups have grown, within what they may grow to", () => {
      const after = worst(losses, (course) => course.onNewNodes);
      for (const name of REPAIRING)
        expect(courseOf(after, name), name).toMatchObject({
          onNewNodes: courseOf(after, name).wanted,
        });
    });

    it("leaves nothing waiting but what has its disk in the lost zone", () => {
      const after = worst(losses, (course) => course.onNewNodes);
      const waiting = [...after.values()].filter(({ wanted, onNewNodes }) => onNewNodes < wanted);
      expect(waiting.map(({ name }) => name).filter((name) => !ON_DISKS.includes(name))).toEqual([]);
    });

    it("lets nodes be drained before and after: no budget is in the way", () => {
      for (const by of [
        (course: Course) => course.evictableBefore,
        (course: Course) => course.evictableAfter,
      ]) {
        const stuck = [...worst(losses, by).values()].filter((course) => by(course) < 1);
        // A Prometheus that is the only one left is not to be drained: its twin is waiting for its zone.
        expect(stuck.map(({ name }) => name).filter((name) => !ON_DISKS.includes(name))).toEqual([]);
      }
    });
  },
);

describe.each<Load>(["usual", "peak"])("prod, under the %s load", needs("kubectl or kustomize"), (load) => {
  let losses: ZoneLoss[];
  beforeAll(() => {
    losses = zoneLosses(groupsOf("prod"), podsIn("prod", load));
  });

  it("is still watched: one Prometheus with all the data is left, and one Alertmanager that pages", () => {
    const left = worst(losses, (course) => course.left);
    for (const name of WATCHING) expect(courseOf(left, name).left, name).toBeGreaterThanOrEqual(1);
  });

  it("gets Notejam's lost pods back without waiting for a new node", () => {
    const onNodesLeft = worst(losses, (course) => course.onNodesLeft);
    const notejam = courseOf(onNodesLeft, "notejam");
    expect(notejam.onNodesLeft).toBe(notejam.wanted);
  });
});

describe("the model finds", needs("kubectl or kustomize"), () => {
  const losses = (change: (pods: PodSet) => Partial<PodSet>, group: Partial<NodeGroupSize> = {}) =>
    zoneLosses(
      groupsOf("prod").map((found) => (found.scope === "apps" ? { ...found, ...group } : found)),
      podsIn("prod", "peak").map((pods) => (pods.name === "notejam" ? { ...pods, ...change(pods) } : pods)),
    );
  const notejam = (found: readonly ZoneLoss[], by: (course: Course) => number) =>
    courseOf(worst(found, by), "notejam");

  it("a group whose nodes are all in one zone", () => {
    const found = losses(() => ({ count: 5 }), { desired: 1, max: 3 });
    expect(notejam(found, ({ left }) => left).left).toBe(0);
  });

  it("a group that may not grow enough", () => {
    const found = losses(() => ({}), { desired: 3, max: 3 });
    expect(found.every(({ fitted }) => fitted)).toBe(false);
  });

  it("pods that ask for more than a node has", () => {
    const found = losses(() => ({ requests: { millicores: 1500, mebibytes: 256 } }));
    expect(notejam(found, ({ onNewNodes }) => onNewNodes).onNewNodes).toBe(0);
  });

  it("a budget that lets nobody drain a node", () => {
    const found = losses(({ count }) => ({ budget: { minAvailable: count } }));
    expect(notejam(found, ({ evictableBefore }) => evictableBefore).evictableBefore).toBe(0);
  });
});

/** What a reference such as `${aws_subnet.a.id}` points to. */
function referred(stack: Synthesized, reference: unknown): Block {
  const [, type = "", id = ""] = /^\$\{(\w+)\.([\w-]+)\.\w+\}$/.exec(String(reference)) ?? [];
  const found = stack.resources(type).find((block) => block.id === id);
  if (!found) throw new Error(`${String(reference)} leads nowhere`);
  return found;
}

describe("what a zone has around the cluster", needs("kubectl or kustomize"), () => {
  const zoneOf = (stack: Synthesized, subnet: unknown) => String(referred(stack, subnet).availability_zone);

  it("prod: nodes of a zone leave the network through the NAT gateway of that zone", () => {
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

  it("dev: has one NAT gateway, so it serves on with what is left but may start nothing new", () => {
    expect(platform("dev").count("aws_nat_gateway")).toBe(1);
  });

  it.each(["dev", "prod"])(
    "%s: another instance takes over when the zone of the database's writer is lost",
    (instance) => {
      const stack = platform(instance);
      const instances = stack.resources("aws_rds_cluster_instance");
      const zones = instances.map(({ availability_zone: zone }) => String(zone));
      expect(new Set(zones).size).toBe(instances.length);
      expect(instances.length).toBeGreaterThanOrEqual(2);
      // Tier 0 and 1: of the size of the writer, and before readers that come and go.
      expect(instances.map(({ promotion_tier: tier }) => Number(tier)).sort()).toEqual([0, 1]);
    },
  );

  it.each(["dev", "prod"])(
    "%s: the load balancer stands in three zones, and each group of nodes does",
    (instance) => {
      const stack = platform(instance);
      const zones = (subnets: readonly unknown[]) =>
        new Set(subnets.map((subnet) => zoneOf(stack, subnet))).size;
      expect(zones(listAt(stack.one("aws_lb"), "subnets"))).toBe(3);
      for (const group of stack.resources("aws_eks_node_group"))
        expect(zones(listAt(group, "subnet_ids")), group.id).toBe(3);
    },
  );
});
