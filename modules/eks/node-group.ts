import { AutoscalingGroupTagA } from "@cdktf/provider-aws/lib/autoscaling-group-tag/index.js";
import { EksNodeGroup } from "@cdktf/provider-aws/lib/eks-node-group/index.js";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template/index.js";
import { type ITerraformDependable, Token } from "cdktf";
import { Construct } from "constructs";
import { MAX_PODS, MAX_UNAVAILABLE_PERCENT, SCOPE_LABEL } from "./node-settings.js";

/** A Kubernetes taint: keeps pods away that do not tolerate it. */
export interface NodeTaint {
  readonly key: string;
  readonly value: string;
  readonly effect: keyof typeof EKS_EFFECTS;
}

export interface NodeGroupProps {
  /** What the nodes are for, such as `apps`; at most 36 letters, digits and `-`. */
  readonly name: string;
  /** The cluster's name as an attribute of the cluster, so that the nodes wait for it. */
  readonly clusterName: string;
  /** Base of the launch template's name. */
  readonly globalName: string;
  /** Kubernetes minor of the nodes: the cluster's, or up to three below while an upgrade is under way. */
  readonly version: string;
  readonly nodeRoleArn: string;
  /** Private subnets, one per zone: a group that lives in one zone dies with it. */
  readonly subnetIds: readonly string[];
  /** The cluster's own group, without which nodes cannot join, and the group of workers that the load balancer reaches. */
  readonly securityGroupIds: readonly string[];
  /** Key that encrypts the nodes' disks; its policy must admit the Auto Scaling service-linked role. */
  readonly volumeKeyArn: string;
  /** Types of equal CPU and memory, best first: the autoscaler plans with the first one's size. */
  readonly instanceTypes: readonly string[];
  /** @default "AL2023_x86_64_STANDARD"; `AL2023_ARM_64_STANDARD` for Graviton types */
  readonly amiType?: "AL2023_x86_64_STANDARD" | "AL2023_ARM_64_STANDARD";
  readonly minSize: number;
  /**
   * What a new group starts with: afterwards the autoscaler owns the number. A change that replaces the group (instance
   * types, subnets, AMI type) starts the new one with it too, so raise it to what is in use before such a change.
   */
  readonly desiredSize: number;
  readonly maxSize: number;
  /** @default 50 */
  readonly diskGib?: number;
  /** Most pods on one node. 110 is what AWS advises for prefix delegation below 30 vCPU. @default 110 */
  readonly maxPods?: number;
  /** Kubernetes labels beside `scope`, which is always the group's name. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default none: any pod may run here */
  readonly taints?: readonly NodeTaint[];
  /** For instances, disks and network interfaces, which the provider's default tags do not reach. */
  readonly tags: Readonly<Record<string, string>>;
  /** What nodes need before the first of them starts: role policies, the network add-ons. @default none */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** Kubernetes's words for an effect, and the EKS API's. */
const EKS_EFFECTS = {
  NoSchedule: "NO_SCHEDULE",
  PreferNoSchedule: "PREFER_NO_SCHEDULE",
  NoExecute: "NO_EXECUTE",
} as const;

const LONGEST_NAME = 36;

/**
 * A managed group of worker nodes over all zones, sized by the cluster autoscaler.
 *
 * Every group labels its nodes `scope=<name>`. The rule of the house for taints: `apps` and `monitoring` are tainted
 * `scope=<name>:NoSchedule`, so nothing lands there that does not say so; `operations` is not, so everything that says
 * nothing (CoreDNS, controllers, the add-ons that AWS ships) has a home there without being configured.
 *
 * A change that needs new nodes brings the new group up before the old one is drained.
 */
export class NodeGroup extends Construct {
  readonly nodeGroupName: string;
  /** The Auto Scaling group that EKS makes for the nodes. */
  readonly autoscalingGroupName: string;
  /** For `dependsOn` of what needs nodes to become healthy. */
  readonly resource: EksNodeGroup;

  constructor(scope: Construct, id: string, props: NodeGroupProps) {
    super(scope, id);
    if (props.name.length > LONGEST_NAME)
      throw new Error(
        `${this.node.path}: node group name "${props.name}" has ${props.name.length} characters. EKS allows 63 with the ` +
          `26 that Terraform appends: shorten it to ${LONGEST_NAME} or fewer.`,
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
        // One hop ends at the node: a pod that is not on the host's network cannot take the node's role.
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
      // Replaces a node whose kubelet stays silent.
      nodeRepairConfig: { enabled: true },
      labels: labelsOf(props),
      taint: (props.taints ?? []).map((taint) => ({ ...taint, effect: EKS_EFFECTS[taint.effect] })),
      dependsOn: props.dependsOn ? [...props.dependsOn] : undefined,
      lifecycle: { createBeforeDestroy: true, ignoreChanges: ["scaling_config[0].desired_size"] },
    });
  }

  /**
   * What the autoscaler reads from the Auto Scaling group: that it may size it, and, while the group has no node to
   * look at, what a new node will be like.
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
 * The part of a node's start-up configuration that EKS cannot know: prefix delegation raises how many pods a node can
 * hold, and the kubelet has to be told. EKS adds the rest (cluster, certificates, labels, taints) as a second part.
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
