import * as z from "zod";
import { isNetwork } from "../networks.js";
import { field, object, uniqueList, wholeNumber } from "./field.js";

const IAM_PRINCIPAL = /^(arn:aws[a-z-]*:iam::\d{12}:(role|user)\/)?[\w+=,.@/-]{1,128}$/;
const INSTANCE_TYPE = /^[a-z][a-z0-9-]*\.(\d*(nano|micro|small|medium|large|xlarge)|metal(-\d+xl)?)$/;

/** EKS quota of nodes per managed node group. https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html */
const MAX_NODES = 450;

/** Number of nodes of a group. */
export function nodeCount(min: number, what: string) {
  return wholeNumber(min, MAX_NODES, `nodes (450 is the EKS quota per group): ${what}`);
}

const network = field(
  z.string().refine(isNetwork),
  "a network in CIDR notation with no host bits set",
  'write it like "198.51.100.0/24"; a single address is "198.51.100.7/32"',
);

/** Access to the Kubernetes API. */
export const clusterEndpointSchema = object(
  {
    /** Networks that can reach the public endpoint, in CIDR notation, at most 40; [] leaves only the private endpoint. */
    publicAccessCidrs: field(
      // https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html
      uniqueList(network).max(40),
      "up to 40 different networks (EKS quota) that can reach the public endpoint",
      'write [] for a private endpoint only, or the egress of offices and runners, such as ["198.51.100.0/24"]',
    ),
    /** Reason for an endpoint that is open to the internet, at least 20 characters; only with `0.0.0.0/0` or `::/0`. */
    openToTheWorldBecause: field(
      z.string().trim().min(20),
      "a reason of at least 20 characters",
      "write a sentence why the Kubernetes API must be open to the internet",
    ).optional(),
  },
  "{ publicAccessCidrs: [] } for a private endpoint only",
  "required, without a default: an object",
);

/** IAM roles or users. */
export const principalsSchema = field(
  uniqueList(
    field(
      z.string().regex(IAM_PRINCIPAL),
      "the name (with its path) or the ARN of an IAM role or user",
      'write a name such as "platform-admins" or an ARN; wildcards and account roots are not allowed',
    ),
  ),
  "a list of different IAM roles or users, by name or ARN",
  'write a list such as ["platform-admins"]',
);

function nodeGroup(minNodes: number) {
  return object(
    {
      /** EC2 instance types in order of preference; x86_64 only, because all images are x86_64. @default ["t3.large"] */
      instanceTypes: field(
        uniqueList(
          field(z.string().regex(INSTANCE_TYPE), "an EC2 instance type", 'write it like "t3.large"'),
        ).min(1),
        "at least one EC2 instance type, without duplicates",
        'write a list such as ["t3.large"]',
      ).default(["t3.large"]),
      /** Minimum number of nodes for the cluster autoscaler. @default 1 */
      min: nodeCount(minNodes, "the minimum for the cluster autoscaler").default(1),
      /** Nodes at creation; the cluster autoscaler changes the number afterwards. @default 1 */
      desired: nodeCount(minNodes, "the number at creation").default(1),
      /** Maximum number of nodes for the cluster autoscaler. @default 3 */
      max: nodeCount(1, "the maximum for the cluster autoscaler").default(3),
      /** Size of a node's encrypted gp3 volume, in GiB, 20 to 16,384. @default 50 */
      diskGib: wholeNumber(
        20,
        16_384,
        "GiB; node and container images need 20, 16384 is the EBS limit",
        "write 50, or more for large images",
      ).default(50),
    },
    '{ instanceTypes: ["t3.large"], max: 6 }; fields that are left out keep their defaults',
  ).prefault({});
}

/** Node groups of the cluster, each spread over all zones. */
export const nodeGroupsSchema = object(
  {
    /** Nodes for the application. @default t3.large, 1 to 3 nodes, 50 GiB */
    apps: nodeGroup(1),
    /** Nodes for Prometheus, Grafana and Loki. @default t3.large, 1 to 3 nodes, 50 GiB */
    monitoring: nodeGroup(0),
    /** Nodes for the cluster's own services. @default t3.large, 1 to 3 nodes, 50 GiB */
    operations: nodeGroup(1),
  },
  "{ apps: { max: 6 } }; fields that are left out keep their defaults",
).prefault({});

/** Kubernetes minor version in EKS standard support. */
export const kubernetesVersionSchema = field(
  z.string().regex(/^1\.\d{2}$/),
  "a Kubernetes minor version, as a string",
  'write it in quotes, such as "1.35"',
).default("1.35");
