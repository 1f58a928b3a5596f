import { AutoscalingGroupTagA } from "@cdktf/provider-aws/lib/autoscaling-group-tag/index.js";
import { EksNodeGroup, type EksNodeGroupConfig } from "@cdktf/provider-aws/lib/eks-node-group/index.js";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template/index.js";
import { type ITerraformDependable, Token } from "cdktf";
import { Construct } from "constructs";
import { MAX_PODS, MAX_UNAVAILABLE_PERCENT, SCOPE_LABEL } from "./node-settings.js";

/** Kubernetes taint. */
export interface NodeTaint {
  readonly key: string;
  readonly value: string;
  readonly effect: keyof typeof EKS_EFFECTS;
}

export interface NodeGroupProps {
  /** Purpose of the nodes, such as `apps`. At most 36 letters, digits and hyphens. */
  readonly name: string;
  /** Name of the cluster, as an attribute of the cluster, so that the nodes depend on it. */
  readonly clusterName: string;
  /** Prefix of the launch template's name. */
  readonly globalName: string;
  /** Kubernetes minor version of the nodes: the cluster's, or up to three lower during an upgrade. */
  readonly version: string;
  readonly nodeRoleArn: string;
  /** Private subnets, one per zone. */
  readonly subnetIds: readonly string[];
  /** Cluster security group, which nodes need to join, and the group that the load balancer can reach. */
  readonly securityGroupIds: readonly string[];
  /** KMS key of the volumes. Its policy must allow the service-linked role of Auto Scaling. */
  readonly volumeKeyArn: string;
  /** Instance types with equal CPU and memory, best first. The cluster autoscaler uses the size of the first one. */
  readonly instanceTypes: readonly string[];
  /** AMI type. Use `AL2023_ARM_64_STANDARD` for Graviton. @default "AL2023_x86_64_STANDARD" */
  readonly amiType?: "AL2023_x86_64_STANDARD" | "AL2023_ARM_64_STANDARD";
  readonly minSize: number;
  /**
   * Initial number of nodes. Later the cluster autoscaler changes it. A change that replaces the group (instance types,
   * subnets, AMI type) starts with this number again, so increase it to the number in use first.
   */
  readonly desiredSize: number;
  readonly maxSize: number;
  /** Size of the root volume in GiB. @default 50 */
  readonly diskGib?: number;
  /** Maximum number of pods per node. AWS recommends 110 for prefix delegation below 30 vCPUs. @default 110 */
  readonly maxPods?: number;
  /** Kubernetes labels, in addition to `scope=<name>`. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Taints. @default none: all pods can be scheduled */
  readonly taints?: readonly NodeTaint[];
  /** Tags of instances, volumes and network interfaces, which do not get the provider's default tags. */
  readonly tags: Readonly<Record<string, string>>;
  /** Resources to create before the first node: role policies and network add-ons. @default none */
  readonly dependsOn?: readonly ITerraformDependable[];
  /** Arguments of the node group that replace those of this construct. @default none */
  readonly overrides?: Partial<EksNodeGroupConfig>;
}

/** Effects in Kubernetes and in the EKS API. */
const EKS_EFFECTS = {
  NoSchedule: "NO_SCHEDULE",
  PreferNoSchedule: "PREFER_NO_SCHEDULE",
  NoExecute: "NO_EXECUTE",
} as const;

const MAX_NAME_LENGTH = 36;

/**
 * EKS managed node group in several availability zones, scaled by the cluster autoscaler.
 *
 * All nodes have the label `scope=<name>`. At least one group of a cluster needs no taint: CoreDNS, controllers and
 * AWS add-ons tolerate none by default.
 *
 * A change that replaces the group creates the new one first.
 */
export class NodeGroup extends Construct {
  readonly nodeGroupName: string;
  /** Auto Scaling group that EKS creates for the nodes. */
  readonly autoscalingGroupName: string;
  /** Dependency of resources that need nodes. */
  readonly resource: EksNodeGroup;

  constructor(scope: Construct, id: string, props: NodeGroupProps) {
    super(scope, id);
    if (props.name.length > MAX_NAME_LENGTH)
      throw new Error(
        `${this.node.path}: the node group name "${props.name}" has ${props.name.length} characters. ` +
          `Use at most ${MAX_NAME_LENGTH}: EKS allows 63, and Terraform appends 26.`,
      );
    this.resource = this.addNodeGroup(props, this.addLaunchTemplate(props));
    this.nodeGroupName = this.resource.nodeGroupName;
    this.autoscalingGroupName = this.resource.resources.get(0).autoscalingGroups.get(0).name;
    this.addAutoscalerTags(props);
  }

  private addLaunchTemplate(props: NodeGroupProps): LaunchTemplate {
    const tags = { ...props.tags, Name: `${props.globalName}-${props.name}` };
    return new LaunchTemplate(this, "launch-template", {
      namePrefix: `${props.globalName}-${props.name}-`,
      description: `Nodes for ${props.name}`,
      updateDefaultVersion: true,
      vpcSecurityGroupIds: [...props.securityGroupIds],
      metadataOptions: {
        httpEndpoint: "enabled",
        httpTokens: "required",
        // Pods without host network are two hops away, so they cannot use the node's role.
        httpPutResponseHopLimit: 1,
        instanceMetadataTags: "disabled",
      },
      blockDeviceMappings: [
        {
          deviceName: "/dev/xvda",
          ebs: {
            volumeType: "gp3",
            volumeSize: props.diskGib ?? 50,
            encrypted: "true",
            kmsKeyId: props.volumeKeyArn,
            deleteOnTermination: "true",
          },
        },
      ],
      tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({
        resourceType,
        tags,
      })),
      userData: nodeUserData(props.maxPods ?? MAX_PODS),
      lifecycle: { createBeforeDestroy: true },
    });
  }

  private addNodeGroup(props: NodeGroupProps, template: LaunchTemplate): EksNodeGroup {
    return new EksNodeGroup(this, "nodes", {
      nodeGroupNamePrefix: `${props.name}-`,
      clusterName: props.clusterName,
      version: props.version,
      nodeRoleArn: props.nodeRoleArn,
      subnetIds: [...props.subnetIds],
      amiType: props.amiType ?? "AL2023_x86_64_STANDARD",
      capacityType: "ON_DEMAND",
      instanceTypes: [...props.instanceTypes],
      launchTemplate: { id: template.id, version: Token.asString(template.latestVersion) },
      scalingConfig: { minSize: props.minSize, desiredSize: props.desiredSize, maxSize: props.maxSize },
      updateConfig: { maxUnavailablePercentage: MAX_UNAVAILABLE_PERCENT },
      // Replaces nodes whose kubelet does not respond.
      nodeRepairConfig: { enabled: true },
      labels: labelsOf(props),
      taint: (props.taints ?? []).map((taint) => ({ ...taint, effect: EKS_EFFECTS[taint.effect] })),
      dependsOn: props.dependsOn ? [...props.dependsOn] : undefined,
      lifecycle: { createBeforeDestroy: true, ignoreChanges: ["scaling_config[0].desired_size"] },
      ...props.overrides,
    });
  }

  /**
   * Tags that the autoscaler reads: permission to scale the group, and properties of a new node while the group is empty.
   *
   * @see https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md
   */
  private addAutoscalerTags(props: NodeGroupProps): void {
    const template = "k8s.io/cluster-autoscaler/node-template";
    this.addAutoscalerTag("enabled", "k8s.io/cluster-autoscaler/enabled", "true");
    this.addAutoscalerTag("cluster", `k8s.io/cluster-autoscaler/${props.clusterName}`, "owned");
    this.addAutoscalerTag("disk", `${template}/resources/ephemeral-storage`, `${props.diskGib ?? 50}Gi`);
    for (const [key, value] of Object.entries(labelsOf(props)))
      this.addAutoscalerTag(`label-${key}`, `${template}/label/${key}`, value);
    for (const { key, value, effect } of props.taints ?? [])
      this.addAutoscalerTag(`taint-${key}`, `${template}/taint/${key}`, `${value}:${effect}`);
  }

  private addAutoscalerTag(id: string, key: string, value: string): void {
    new AutoscalingGroupTagA(this, `autoscaler-${id}`, {
      autoscalingGroupName: this.autoscalingGroupName,
      tag: { key, value, propagateAtLaunch: false },
    });
  }
}

function labelsOf({ name, labels }: NodeGroupProps): Record<string, string> {
  return { ...labels, [SCOPE_LABEL]: name };
}

/**
 * Returns user data with the maximum number of pods, which prefix delegation increases. EKS adds a second part with
 * cluster, certificates, labels and taints.
 *
 * @see https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/
 */
function nodeUserData(maxPods: number): string {
  const nodeConfig = [
    "apiVersion: node.eks.aws/v1alpha1",
    "kind: NodeConfig",
    "spec:",
    "  kubelet:",
    "    config:",
    `      maxPods: ${maxPods}`,
  ];
  const message = [
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="NODE"',
    "",
    "--NODE",
    "Content-Type: application/node.eks.aws",
    "",
    ...nodeConfig,
    "",
    "--NODE--",
    "",
  ];
  return Buffer.from(message.join("\n")).toString("base64");
}
