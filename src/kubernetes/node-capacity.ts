import { MAX_PODS } from "@notejam/constructs/eks/node-settings";
import { wholeAtMost } from "../config/rounding.js";
import { type Resources, sumOf } from "./quantity.js";

/** Memory per vCPU by instance family, in GiB. For burstable types it depends on the size. */
const GIB_PER_CPU: Readonly<Record<string, number>> = { c: 2, m: 4, r: 8 };

/** vCPUs and memory (GiB) of burstable instances, by size. @see https://aws.amazon.com/ec2/instance-types/ */
const BURSTABLE: Readonly<Record<string, readonly [cpus: number, gib: number]>> = {
  nano: [2, 0.5],
  micro: [2, 1],
  small: [2, 2],
  medium: [2, 4],
  large: [2, 8],
  xlarge: [4, 16],
  "2xlarge": [8, 32],
};

/**
 * Returns the size of an EC2 instance type of the families c, m, r and t.
 *
 * @returns undefined for other families, whose sizes follow no rule
 */
export function instanceSize(type: string): Resources | undefined {
  const [, family = "", size = ""] = /^([cmrt])\d[a-z]*(?:-flex)?\.(.+)$/.exec(type) ?? [];
  if (family === "t") {
    const burstable = BURSTABLE[size];
    return burstable && resources(...burstable);
  }
  const gib = GIB_PER_CPU[family];
  const multiple = size === "large" ? 0.5 : Number(/^(\d*)xlarge$/.exec(size)?.[1] || 1);
  if (gib === undefined || !/^(\d*x)?large$/.test(size)) return undefined;
  return resources(4 * multiple, 4 * multiple * gib);
}

function resources(cpus: number, gib: number): Resources {
  return { millicores: cpus * 1000, mebibytes: gib * 1024 };
}

/** Fraction of an instance's memory that the operating system sees, without the hypervisor and the kernel. */
const MEMORY_SEEN = 0.925;

/** Free memory below which the kubelet evicts pods, in MiB. */
const EVICTION_MEBIBYTES = 100;

/**
 * Returns the allocatable resources of a node: the instance without the reservation of EKS for the kubelet.
 *
 * CPU: 6 % of the first, 1 % of the second, 0.5 % of the third and fourth, 0.25 % of each further one. Memory: 255 MiB, and
 * 11 MiB per pod of the node's maximum.
 *
 * @see https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/internal/kubelet/config.go
 */
export function allocatable({ millicores, mebibytes }: Resources): Resources {
  const cpus = millicores / 1000;
  const reserved = 60 + 10 * (cpus > 1 ? 1 : 0) + 5 * clamp(cpus - 2, 0, 2) + 2.5 * Math.max(0, cpus - 4);
  return {
    millicores: Math.floor(millicores - reserved),
    mebibytes: Math.floor(mebibytes * MEMORY_SEEN - (255 + 11 * MAX_PODS) - EVICTION_MEBIBYTES),
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

/** Requests of the pods that run on every node, as set by their charts and by EKS add-ons. */
export const NODE_DAEMONS: Readonly<Record<string, Resources>> = {
  "vpc-cni with its network policy agent": { millicores: 50, mebibytes: 0 },
  "kube-proxy": { millicores: 100, mebibytes: 0 },
  "eks-pod-identity-agent": { millicores: 0, mebibytes: 0 },
  "aws-ebs-csi-driver": { millicores: 30, mebibytes: 120 },
  "secrets-store driver and its AWS provider": { millicores: 120, mebibytes: 240 },
  "CloudWatch agent": { millicores: 250, mebibytes: 128 },
  "fluent-bit": { millicores: 50, mebibytes: 25 },
  alloy: { millicores: 50, mebibytes: 160 },
  "node-exporter": { millicores: 10, mebibytes: 24 },
};

/** Number of daemons whose pods have a separate IP address; the others use the node's. */
export const DAEMONS_WITH_ADDRESS = 5;

/**
 * Returns the number of equal pods that fit on a node of the smallest instance type, in addition to the daemons.
 *
 * @param types EC2 instance types of a node group, whose sizes are known
 * @returns 0 if no pod fits
 */
export function podsPerNode(types: readonly string[], pod: Resources): number {
  return Math.min(...types.map((type) => podsOn(type, pod)));
}

function podsOn(type: string, pod: Resources): number {
  const size = instanceSize(type);
  if (size === undefined) throw new Error(`The size of ${type} is unknown.`);
  const daemons = Object.values(NODE_DAEMONS);
  const free = allocatable(size);
  const used = sumOf(daemons);
  const millicores = free.millicores - used.millicores;
  const mebibytes = free.mebibytes - used.mebibytes;
  const fitting = [millicores / pod.millicores, mebibytes / pod.mebibytes, MAX_PODS - daemons.length];
  return Math.max(0, wholeAtMost(Math.min(...fitting)));
}
