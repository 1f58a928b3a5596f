import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import { policyDocument } from "../blocks/iam-policy.js";
import { managedPolicyArn } from "./managed-policy.js";

export interface NodeRoleProps {
  /** What the role's name starts with; unique over the account's regions. */
  readonly globalName: string;
  readonly account: AwsAccount;
}

/**
 * The role of the worker nodes: join the cluster, pull images, be reached through Session Manager instead of SSH.
 *
 * Nothing that a pod needs is here. Every pod of a node could use it, so pods have roles of their own (`PodRole`),
 * the network add-on included.
 */
export class NodeRole extends Construct {
  readonly roleArn: string;
  readonly roleName: string;
  /** Nodes must not start before these are attached, nor outlive them. */
  readonly attachments: readonly IamRolePolicyAttachment[];

  constructor(scope: Construct, id: string, props: NodeRoleProps) {
    super(scope, id);
    const role = new IamRole(this, "role", {
      name: `${props.globalName}-node`,
      description: "Worker nodes of the Notejam cluster",
      assumeRolePolicy: policyDocument([
        { principals: { Service: ["ec2.amazonaws.com"] }, actions: ["sts:AssumeRole"] },
      ]),
    });
    this.roleArn = role.arn;
    this.roleName = role.name;
    this.attachments = (
      [
        ["worker-node", "AmazonEKSWorkerNodePolicy"],
        ["image-pull", "AmazonEC2ContainerRegistryPullOnly"],
        ["session-manager", "AmazonSSMManagedInstanceCore"],
      ] as const
    ).map(
      ([use, policy]) =>
        new IamRolePolicyAttachment(this, use, {
          role: role.name,
          policyArn: managedPolicyArn(props.account, policy),
        }),
    );
  }
}
