import { EksPodIdentityAssociation } from "@cdktf/provider-aws/lib/eks-pod-identity-association/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import { type PolicyStatement, policyDocument } from "../core/iam-policy.js";

export interface PodRoleProps {
  /** Prefix of the role's name, unique in the account. */
  readonly globalName: string;
  readonly account: AwsAccount;
  readonly clusterName: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /**
   * Suffix of the role's name. Set it if two namespaces have a service account of the same name, or if the name has more
   * than 64 characters.
   *
   * @default the service account's name
   */
  readonly roleSuffix?: string;
  /** Permissions of the pods, in addition to `managedPolicyArns`. @default none */
  readonly statements?: readonly PolicyStatement[];
  /** ARNs of AWS managed policies (`managedPolicyArn`). @default none */
  readonly managedPolicyArns?: readonly string[];
}

const ROLE_NAME_LIMIT = 64;

/**
 * IAM role of a Kubernetes service account, associated by EKS Pod Identity.
 *
 * The trust policy allows only this cluster, namespace and service account, so other associations of the role do not work.
 * Create it before the pods: pods that exist before the association get no credentials.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
 */
export class PodRole extends Construct {
  readonly roleArn: string;
  readonly roleName: string;
  /** Dependency of the resources that start the pods. */
  readonly association: EksPodIdentityAssociation;

  constructor(scope: Construct, id: string, props: PodRoleProps) {
    super(scope, id);
    const role = new IamRole(this, "role", {
      name: this.nameWithinLimit(`${props.globalName}-${props.roleSuffix ?? props.serviceAccount}`),
      description: `Pods of the service account ${props.namespace}/${props.serviceAccount}`,
      assumeRolePolicy: policyDocument([trustServiceAccount(props)]),
    });
    this.roleArn = role.arn;
    this.roleName = role.name;
    const policies = this.addPolicies(role, props);
    this.association = new EksPodIdentityAssociation(this, "association", {
      clusterName: props.clusterName,
      namespace: props.namespace,
      serviceAccount: props.serviceAccount,
      roleArn: role.arn,
      // Pods that start at once have all permissions.
      dependsOn: policies,
    });
  }

  private addPolicies(role: IamRole, { statements = [], managedPolicyArns = [] }: PodRoleProps) {
    const attachments = managedPolicyArns.map(
      (policyArn) => new IamRolePolicyAttachment(this, policyName(policyArn), { role: role.name, policyArn }),
    );
    if (statements.length === 0) return attachments;
    // Inline, because no other role uses the policy, and because an inline policy may have 10,240 characters instead of
    // 6,144, which the policy of the load balancer controller nearly needs.
    const policy = new IamRolePolicy(this, "policy", {
      name: "pod-permissions",
      role: role.name,
      policy: policyDocument(statements),
    });
    return [policy, ...attachments];
  }

  private nameWithinLimit(name: string): string {
    if (name.length <= ROLE_NAME_LIMIT) return name;
    throw new Error(
      `${this.node.path}: the role name "${name}" has ${name.length} characters. IAM allows ${ROLE_NAME_LIMIT}. ` +
        `Set a shorter roleSuffix.`,
    );
  }
}

function trustServiceAccount({
  account,
  clusterName,
  namespace,
  serviceAccount,
}: PodRoleProps): PolicyStatement {
  return {
    sid: "AssumeRoleFromServiceAccount",
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

/** Returns the last part of the ARN, a stable construct id. */
const policyName = (policyArn: string) => policyArn.slice(policyArn.lastIndexOf("/") + 1);
