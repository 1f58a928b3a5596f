import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { Addon, type AddonsProps } from "./addon.js";
import { WARM_PREFIX_TARGET } from "./node-settings.js";

/** Whose Pod Identity association `NetworkAddons` needs first (AWS managed policy `AmazonEKS_CNI_Policy`). */
export const VPC_CNI_SERVICE_ACCOUNT = { namespace: "kube-system", serviceAccount: "aws-node" } as const;

/**
 * The add-ons that must be there before the first node: pods' network and pods' credentials.
 *
 * A node that joins without the network plugin never becomes ready; one that joins before prefix delegation is
 * configured keeps the small number of addresses it started with.
 */
export class NetworkAddons extends Construct {
  /** For `dependsOn` of the node groups. */
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

/** The schema wants texts where one expects booleans and numbers. */
const VPC_CNI_CONFIGURATION = {
  // NetworkPolicy objects are enforced by the plugin itself, and what it refuses is logged on the node.
  enableNetworkPolicy: "true",
  nodeAgent: { enablePolicyEventLogs: "true" },
  env: {
    // /28 blocks instead of single addresses: 110 pods fit on a t3.large instead of 35.
    ENABLE_PREFIX_DELEGATION: "true",
    // One spare block, so that a burst of pods does not wait for EC2.
    WARM_PREFIX_TARGET: String(WARM_PREFIX_TARGET),
  },
};
