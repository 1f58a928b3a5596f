import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { Addon, type AddonsProps } from "./addon.js";
import { WARM_PREFIX_TARGET } from "./node-settings.js";

/** Service account of the VPC CNI plugin, whose Pod Identity association (`AmazonEKS_CNI_Policy`) must exist first. */
export const VPC_CNI_SERVICE_ACCOUNT = { namespace: "kube-system", serviceAccount: "aws-node" } as const;

/**
 * EKS add-ons that must exist before the first node: VPC CNI plugin and Pod Identity agent.
 *
 * Nodes are not ready without the CNI plugin. Nodes that join before prefix delegation is configured do not use it.
 */
export class NetworkAddons extends Construct {
  /** Dependencies of the node groups. */
  readonly resources: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: AddonsProps) {
    super(scope, id);
    const podIdentity = new Addon(this, "pod-identity-agent", {
      ...props,
      addonName: "eks-pod-identity-agent",
    });
    const vpcCni = new Addon(this, "vpc-cni", {
      ...props,
      addonName: "vpc-cni",
      configuration: VPC_CNI_CONFIGURATION,
    });
    this.resources = [podIdentity.resource, vpcCni.resource];
  }
}

/** The schema of the add-on requires strings for booleans and numbers. */
const VPC_CNI_CONFIGURATION = {
  // The plugin enforces NetworkPolicies and logs rejected traffic on the node.
  enableNetworkPolicy: "true",
  nodeAgent: { enablePolicyEventLogs: "true" },
  env: {
    // /28 blocks instead of single addresses: a t3.large runs 110 pods instead of 35.
    ENABLE_PREFIX_DELEGATION: "true",
    // Spare blocks, so that many new pods do not wait for EC2.
    WARM_PREFIX_TARGET: String(WARM_PREFIX_TARGET),
  },
};
