import { EksAccessEntry } from "@cdktf/provider-aws/lib/eks-access-entry/index.js";
import { EksAccessPolicyAssociation } from "@cdktf/provider-aws/lib/eks-access-policy-association/index.js";
import { EksCluster as EksClusterResource } from "@cdktf/provider-aws/lib/eks-cluster/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { type ITerraformDependable, Token } from "cdktf";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import { policyDocument } from "../blocks/iam-policy.js";
import { LogGroup } from "../blocks/log-group.js";

/** Somebody who may use the cluster through the Kubernetes API. */
export interface ClusterPrincipal {
  /** Lasting short name in kebab-case, such as `platform-team`; part of the state address. */
  readonly id: string;
  /** ARN of an IAM role or user; a role of IAM Identity Center with its whole path. Never an assumed-role session. */
  readonly principalArn: string;
}

export interface EksClusterProps {
  /** Name of the cluster, unique in account and region, at most 100 letters, digits, `-` and `_`. */
  readonly name: string;
  /** Base of the name of the cluster's role; IAM names have no region. */
  readonly globalName: string;
  readonly account: AwsAccount;
  /** Kubernetes minor in standard support, such as `1.35`. */
  readonly version: string;
  /** Private subnets in at least two zones: where the control plane puts its network interfaces. */
  readonly subnetIds: readonly string[];
  /** More groups for the control plane's interfaces. @default only the one that EKS creates */
  readonly securityGroupIds?: readonly string[];
  /** Key that encrypts Kubernetes Secrets in etcd. It cannot be changed later. */
  readonly secretsKeyArn: string;
  /** Retention (days) and key of the control plane's log group. */
  readonly logs: { readonly retentionDays: number; readonly kmsKeyArn: string };
  /** Who outside the VPC may reach the Kubernetes API. An empty list closes the public endpoint. */
  readonly endpoint: { readonly publicAccessCidrs: readonly string[] };
  /** Range of Service addresses, /12 to /24, that overlaps neither the VPC nor what is peered with it. It cannot be changed later. */
  readonly serviceCidr: string;
  /** May do everything in the cluster. */
  readonly admins: readonly ClusterPrincipal[];
  /** May read everything but Secrets. */
  readonly viewers: readonly ClusterPrincipal[];
}

/** https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html */
const CONTROL_PLANE_LOGS = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

/** https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html */
const ACCESS_POLICIES = { admin: "AmazonEKSClusterAdminPolicy", viewer: "AmazonEKSViewPolicy" } as const;

/**
 * An EKS control plane: private, logged, its secrets encrypted, and open to nobody who is not listed.
 *
 * Nobody becomes administrator by having created it: access is by access entries alone (mode API), so the list of
 * who may do what is in the code. Nodes get in through the entry that EKS makes for each managed node group's role.
 */
export class EksCluster extends Construct {
  /** The name, as an attribute of the cluster: what uses it waits for the cluster. */
  readonly clusterName: string;
  readonly clusterArn: string;
  readonly endpoint: string;
  /** PEM of the API's certificate authority, base64. */
  readonly certificateAuthority: string;
  /** The group that EKS makes for the control plane and, through launch templates, for all nodes. */
  readonly clusterSecurityGroupId: string;
  readonly version: string;

  constructor(scope: Construct, id: string, props: EksClusterProps) {
    super(scope, id);
    // EKS would make this group by itself, without retention and key.
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
      // The add-ons are ours (modules/eks/*-addons.ts): a self-managed copy would have to be adopted first.
      bootstrapSelfManagedAddons: false,
      encryptionConfig: { resources: ["secrets"], provider: { keyArn: props.secretsKeyArn } },
      enabledClusterLogTypes: CONTROL_PLANE_LOGS,
      // EXTENDED, the default, costs six times as much per hour once a version leaves standard support.
      upgradePolicy: { supportType: "STANDARD" },
      // Lets AWS, or us, move traffic out of an impaired zone.
      zonalShiftConfig: { enabled: true },
      dependsOn,
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
          // Only for this cluster: https://docs.aws.amazon.com/eks/latest/userguide/cross-service-confused-deputy-prevention.html
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
    // As dependencies of the cluster they also outlive it: EKS needs them to remove its network interfaces.
    return { role, policies: [managed, secretsKey] };
  }

  private addAccess(
    props: EksClusterProps,
    principal: ClusterPrincipal,
    kind: keyof typeof ACCESS_POLICIES,
  ): void {
    refuseSession(this.node.path, principal);
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

function refuseSession(path: string, { id, principalArn }: ClusterPrincipal): void {
  if (Token.isUnresolved(principalArn) || !principalArn.includes(":assumed-role/")) return;
  throw new Error(
    `${path}: "${id}" is the session ${principalArn}. EKS lets roles and users in, not sessions: ` +
      "give the ARN of the role itself (arn:…:iam::…:role/NAME).",
  );
}
