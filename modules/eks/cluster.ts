import { EksAccessEntry } from "@cdktf/provider-aws/lib/eks-access-entry/index.js";
import { EksAccessPolicyAssociation } from "@cdktf/provider-aws/lib/eks-access-policy-association/index.js";
import {
  type EksClusterConfig,
  EksCluster as EksClusterResource,
} from "@cdktf/provider-aws/lib/eks-cluster/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { type ITerraformDependable, Token } from "cdktf";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import { policyDocument } from "../core/iam-policy.js";
import { LogGroup } from "../core/log-group.js";

/** IAM principal with access to the Kubernetes API. */
export interface ClusterPrincipal {
  /** Permanent short name in kebab-case, such as `platform-team`. Part of the state address. */
  readonly id: string;
  /** ARN of an IAM role or user. For roles of IAM Identity Center with the path. Not an assumed-role session. */
  readonly principalArn: string;
}

export interface EksClusterProps {
  /** Name, unique in account and region. At most 100 letters, digits, `-` and `_`. */
  readonly name: string;
  /** Prefix of the cluster role's name, unique in the account. */
  readonly globalName: string;
  readonly account: AwsAccount;
  /** Kubernetes minor version in standard support, such as `1.35`. */
  readonly version: string;
  /** Private subnets in at least two zones, for the network interfaces of the control plane. */
  readonly subnetIds: readonly string[];
  /** Additional security groups of the control plane. @default only the cluster security group */
  readonly securityGroupIds?: readonly string[];
  /** KMS key that encrypts Kubernetes Secrets in etcd. Cannot be changed later. */
  readonly secretsKeyArn: string;
  /** Log group of the control plane: retention in days and KMS key. */
  readonly logs: { readonly retentionDays: number; readonly kmsKeyArn: string };
  /** CIDR blocks that may use the public endpoint. An empty list disables the endpoint. */
  readonly endpoint: { readonly publicAccessCidrs: readonly string[] };
  /** CIDR block of Services, /12 to /24, which overlaps neither the VPC nor peered networks. Cannot be changed later. */
  readonly serviceCidr: string;
  /** Cluster administrators. */
  readonly admins: readonly ClusterPrincipal[];
  /** Principals with read access, except for Secrets. */
  readonly viewers: readonly ClusterPrincipal[];
  /** Arguments of the cluster that replace those of this construct. @default none */
  readonly overrides?: Partial<EksClusterConfig>;
}

/** https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html */
const CONTROL_PLANE_LOGS = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

/** https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html */
const ACCESS_POLICIES = { admin: "AmazonEKSClusterAdminPolicy", viewer: "AmazonEKSViewPolicy" } as const;

/**
 * EKS control plane with a private endpoint, logs, and encrypted Secrets.
 *
 * Access is by access entries only (authentication mode `API`): the creator of the cluster is not an administrator. EKS
 * creates the access entries of managed node groups.
 */
export class EksCluster extends Construct {
  /** Name as an attribute of the cluster: resources that use it depend on the cluster. */
  readonly clusterName: string;
  readonly clusterArn: string;
  readonly endpoint: string;
  /** Certificate authority of the API server, PEM in base64. */
  readonly certificateAuthority: string;
  /** Cluster security group that EKS creates for the control plane, and for nodes by launch templates. */
  readonly clusterSecurityGroupId: string;
  readonly version: string;

  constructor(scope: Construct, id: string, props: EksClusterProps) {
    super(scope, id);
    // Without this, EKS creates the log group without retention and key.
    const logs = new LogGroup(this, "logs", { name: `/aws/eks/${props.name}/cluster`, ...props.logs });
    const { role, policies } = this.addRole(props);
    const cluster = this.addCluster(props, role, [logs.resource, ...policies]);
    this.clusterName = cluster.name;
    this.clusterArn = cluster.arn;
    this.endpoint = cluster.endpoint;
    this.certificateAuthority = cluster.certificateAuthority.get(0).data;
    this.clusterSecurityGroupId = cluster.vpcConfig.clusterSecurityGroupId;
    this.version = props.version;
    for (const principal of props.admins) this.addAccess(props, principal, "admin");
    for (const principal of props.viewers) this.addAccess(props, principal, "viewer");
  }

  private addCluster(
    props: EksClusterProps,
    role: IamRole,
    dependsOn: ITerraformDependable[],
  ): EksClusterResource {
    const { publicAccessCidrs } = props.endpoint;
    const isPublic = publicAccessCidrs.length > 0;
    return new EksClusterResource(this, "cluster", {
      name: props.name,
      version: props.version,
      roleArn: role.arn,
      vpcConfig: {
        subnetIds: [...props.subnetIds],
        securityGroupIds: props.securityGroupIds ? [...props.securityGroupIds] : undefined,
        endpointPrivateAccess: true,
        endpointPublicAccess: isPublic,
        publicAccessCidrs: isPublic ? [...publicAccessCidrs] : undefined,
      },
      kubernetesNetworkConfig: { ipFamily: "ipv4", serviceIpv4Cidr: props.serviceCidr },
      accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: false },
      // NetworkAddons and SystemAddons install the add-ons.
      bootstrapSelfManagedAddons: false,
      encryptionConfig: { resources: ["secrets"], provider: { keyArn: props.secretsKeyArn } },
      enabledClusterLogTypes: CONTROL_PLANE_LOGS,
      // EXTENDED, the default, costs six times as much per hour after standard support.
      upgradePolicy: { supportType: "STANDARD" },
      // Lets AWS and operators move traffic out of an impaired zone.
      zonalShiftConfig: { enabled: true },
      dependsOn,
      ...props.overrides,
    });
  }

  private addRole(props: EksClusterProps): { role: IamRole; policies: ITerraformDependable[] } {
    const { account } = props;
    const role = new IamRole(this, "role", {
      name: `${props.globalName}-cluster`,
      description: `Control plane of the EKS cluster ${props.name}`,
      assumeRolePolicy: policyDocument([
        {
          principals: { Service: ["eks.amazonaws.com"] },
          actions: ["sts:AssumeRole", "sts:TagSession"],
          // Confused deputy prevention: https://docs.aws.amazon.com/eks/latest/userguide/cross-service-confused-deputy-prevention.html
          conditions: { ArnLike: { "aws:SourceArn": account.arn("eks", `cluster/${props.name}`) } },
        },
      ]),
    });
    const managed = new IamRolePolicyAttachment(this, "role-cluster-policy", {
      role: role.name,
      policyArn: `arn:${account.partition}:iam::aws:policy/AmazonEKSClusterPolicy`,
    });
    const secretsKey = new IamRolePolicy(this, "role-secrets-key", {
      name: "secrets-key",
      role: role.name,
      policy: policyDocument([
        {
          actions: ["kms:Encrypt", "kms:Decrypt", "kms:ListGrants", "kms:DescribeKey"],
          resources: [props.secretsKeyArn],
        },
      ]),
    });
    // Dependencies of the cluster, because EKS needs them to delete its network interfaces.
    return { role, policies: [managed, secretsKey] };
  }

  private addAccess(
    props: EksClusterProps,
    principal: ClusterPrincipal,
    kind: keyof typeof ACCESS_POLICIES,
  ): void {
    validatePrincipal(this.node.path, principal);
    const entry = new EksAccessEntry(this, `${kind}-${principal.id}`, {
      clusterName: this.clusterName,
      principalArn: principal.principalArn,
      type: "STANDARD",
    });
    new EksAccessPolicyAssociation(this, `${kind}-${principal.id}-policy`, {
      clusterName: this.clusterName,
      principalArn: principal.principalArn,
      policyArn: `arn:${props.account.partition}:eks::aws:cluster-access-policy/${ACCESS_POLICIES[kind]}`,
      accessScope: { type: "cluster" },
      dependsOn: [entry],
    });
  }
}

function validatePrincipal(path: string, { id, principalArn }: ClusterPrincipal): void {
  if (Token.isUnresolved(principalArn) || !principalArn.includes(":assumed-role/")) return;
  throw new Error(
    `${path}: "${id}" is the session ${principalArn}. EKS accepts roles and users only. ` +
      "Use the ARN of the role (arn:…:iam::…:role/NAME).",
  );
}
