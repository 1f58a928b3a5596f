import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import { policyDocument } from "../core/iam-policy.js";
import { managedPolicyArn } from "./managed-policy.js";

export interface NodeRoleProps {
  /** Prefix of the role's name, unique in the account. */
  readonly globalName: string;
  readonly account: AwsAccount;
}

/**
 * IAM role of EKS nodes: join the cluster, pull images, access by Session Manager instead of SSH.
 *
 * It contains no permissions of pods, because all pods of a node could use them. Pods, including the network add-on, have
 * their own roles (`PodRole`).
 */
export class NodeRole extends Construct {
  readonly roleArn: string;
  readonly roleName: string;
  /** Policy attachments: dependencies of the node groups. */
  readonly attachments: readonly IamRolePolicyAttachment[];

  constructor(scope: Construct, id: string, props: NodeRoleProps) {
    super(scope, id);
    const role = new IamRole(this, "role", {
      name: `${props.globalName}-node`,
      description: `Nodes of the EKS cluster (${props.globalName})`,
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
