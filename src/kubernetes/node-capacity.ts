import { MAX_PODS } from "../../modules/eks/node-settings.js";
import { wholeAtMost } from "../config/rounding.js";

/** Processor and memory: a machine's, or what a pod asks for. */
export interface Resources {
  readonly millicores: number;
  readonly mebibytes: number;
}

/** Memory for each virtual processor by family, in GiB. Burstable types are listed apart: theirs depends on the size. */
const GIB_PER_CPU: Readonly<Record<string, number>> = { c: 2, m: 4, r: 8 };

/** Burstable types, in virtual processors and GiB. https://aws.amazon.com/ec2/instance-types/ */
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
 * Size of an EC2 instance type of the families that clusters are made of: c, m, r (five generations and newer) and t.
 *
 * @returns undefined for others: their sizes follow no rule
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

/** What the hypervisor and the kernel keep of a machine's memory. */
const MEMORY_SEEN = 0.925;

/** Memory below which the kubelet evicts, in MiB. */
const EVICTION_MEBIBYTES = 100;

/**
 * What pods may ask for on a node: the machine without what EKS reserves for the kubelet.
 *
 * Processors: 6 % of the first, 1 % of the second, 0.5 % of the third and fourth, 0.25 % of each further one. Memory: 255 MiB
 * and 11 for each pod that the node may hold.
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

/** Pods that run on every node, and what they ask for: as their charts and EKS's add-ons set it. */
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

/** Daemons whose pods have an address of their own; the others use the node's. */
export const DAEMONS_WITH_ADDRESS = 5;

/**
 * How many pods of one kind fit on a node of the smallest of a group's types, beside what runs on every node.
 *
 * @param types EC2 instance types whose sizes are known
 * @returns 0 when not even one fits
 */
export function podsPerNode(types: readonly string[], pod: Resources): number {
  return Math.min(...types.map((type) => podsOn(type, pod)));
}

function podsOn(type: string, pod: Resources): number {
  const size = instanceSize(type);
  if (size === undefined) throw new Error(`The size of ${type} is not known.`);
  const daemons = Object.values(NODE_DAEMONS);
  const free = allocatable(size);
  const millicores = free.millicores - sum(daemons.map((daemon) => daemon.millicores));
  const mebibytes = free.mebibytes - sum(daemons.map((daemon) => daemon.mebibytes));
  const fitting = [millicores / pod.millicores, mebibytes / pod.mebibytes, MAX_PODS - daemons.length];
  return Math.max(0, wholeAtMost(Math.min(...fitting)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
