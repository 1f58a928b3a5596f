import { EksPodIdentityAssociation } from "@cdktf/provider-aws/lib/eks-pod-identity-association/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import { type PolicyStatement, policyDocument } from "../blocks/iam-policy.js";

export interface PodRoleProps {
  /** What the role's name starts with; unique over the account's regions. */
  readonly globalName: string;
  readonly account: AwsAccount;
  readonly clusterName: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /**
   * What the role's name ends in. Choose another where two namespaces have a service account of the same name, or where
   * the name would pass IAM's 64 characters.
   * @default the service account's name
   */
  readonly roleSuffix?: string;
  /** What the pods may do. @default nothing but what `managedPolicyArns` allow */
  readonly statements?: readonly PolicyStatement[];
  /** Policies kept by AWS (`managedPolicyArn`). @default none */
  readonly managedPolicyArns?: readonly string[];
}

const ROLE_NAME_LIMIT = 64;

/**
 * The AWS identity of one Kubernetes service account, by EKS Pod Identity.
 *
 * The role can be assumed by EKS alone, for this cluster, namespace and service account alone: an association made by
 * hand that lends it to another pod does not work. Make it before the pods start: the agent hands out credentials
 * only to pods that were created after the association.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
 */
export class PodRole extends Construct {
  readonly roleArn: string;
  readonly roleName: string;
  /** For `dependsOn` of what starts the pods. */
  readonly association: EksPodIdentityAssociation;

  constructor(scope: Construct, id: string, props: PodRoleProps) {
    super(scope, id);
    const role = new IamRole(this, "role", {
      name: this.nameWithinLimit(`${props.globalName}-${props.roleSuffix ?? props.serviceAccount}`),
      description: `Pods of the service account ${props.namespace}/${props.serviceAccount}`,
      assumeRolePolicy: policyDocument([podsOf(props)]),
    });
    this.roleArn = role.arn;
    this.roleName = role.name;
    const rights = this.grant(role, props);
    this.association = new EksPodIdentityAssociation(this, "association", {
      clusterName: props.clusterName,
      namespace: props.namespace,
      serviceAccount: props.serviceAccount,
      roleArn: role.arn,
      // A pod that starts at once should find its rights complete.
      dependsOn: rights,
    });
  }

  private grant(role: IamRole, { statements = [], managedPolicyArns = [] }: PodRoleProps) {
    const attachments = managedPolicyArns.map(
      (policyArn) => new IamRolePolicyAttachment(this, policyName(policyArn), { role: role.name, policyArn }),
    );
    if (statements.length === 0) return attachments;
    // Inline: the policy has no other user, goes when the role goes, and may be 10,240 characters long where a policy
    // of its own ends at 6,144 (the load balancer controller's is near that).
    const policy = new IamRolePolicy(this, "policy", {
      name: "what-the-pods-may-do",
      role: role.name,
      policy: policyDocument(statements),
    });
    return [policy, ...attachments];
  }

  private nameWithinLimit(name: string): string {
    if (name.length <= ROLE_NAME_LIMIT) return name;
    throw new Error(
      `${this.node.path}: the role name "${name}" has ${name.length} characters and IAM takes ${ROLE_NAME_LIMIT}. ` +
        `Give "roleSuffix" a shorter name than the service account's.`,
    );
  }
}

function podsOf({ account, clusterName, namespace, serviceAccount }: PodRoleProps): PolicyStatement {
  return {
    sid: "PodsOfTheServiceAccount",
    principals: { Service: ["pods.eks.amazonaws.com"] },
    actions: ["sts:AssumeRole", "sts:TagSession"],
    conditions: {
      StringEquals: {
        "aws:SourceAccount": account.accountId,
        "aws:RequestTag/kubernetes-namespace": namespace,
        "aws:RequestTag/kubernetes-service-account": serviceAccount,
      },
      ArnEquals: { "aws:SourceArn": account.arn("eks", `cluster/${clusterName}`) },
    },
  };
}

/** The last part of the ARN: an id that stays when policies are added or reordered. */
const policyName = (policyArn: string) => policyArn.slice(policyArn.lastIndexOf("/") + 1);
