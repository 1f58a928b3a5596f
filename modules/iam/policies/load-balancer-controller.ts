import type { AwsAccount } from "../../core/aws-account.js";
import type { PolicyStatement } from "../../core/iam-policy.js";

/** Tag by which the controller finds the resources of its cluster. Terraform sets it on the load balancer too. */
const CLUSTER_TAG = "elbv2.k8s.aws/cluster";

/**
 * Returns the permissions of the AWS Load Balancer Controller 3.x for Ingresses of application load balancers.
 *
 * Based on the policy of the controller's project, limited to this account and region, to application load balancers,
 * and to resources that are tagged for this cluster. It omits unused features: network load balancers, Shield
 * protection, Cognito, IAM server certificates, and the service-linked role (it exists, because Terraform created the
 * load balancer).
 *
 * The controller can neither create nor delete a load balancer. Terraform owns it. The controller would delete it with
 * the last Ingress, even if deletion protection is on.
 *
 * @see https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/docs/install/iam_policy.json
 */
export function loadBalancerController(account: AwsAccount, clusterName: string): PolicyStatement[] {
  return [
    describeResources(),
    ...firewall(account),
    ...securityGroups(account, clusterName),
    ...loadBalancers(account, clusterName),
    ...tags(account, clusterName),
  ];
}

function describeResources(): PolicyStatement {
  return {
    sid: "DescribeResources",
    actions: [
      "acm:DescribeCertificate",
      "acm:ListCertificates",
      "ec2:DescribeAccountAttributes",
      "ec2:DescribeAddresses",
      "ec2:DescribeAvailabilityZones",
      "ec2:DescribeInstances",
      "ec2:DescribeInternetGateways",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeRouteTables",
      "ec2:DescribeSecurityGroups",
      "ec2:DescribeSubnets",
      "ec2:DescribeTags",
      "ec2:DescribeVpcPeeringConnections",
      "ec2:DescribeVpcs",
      "ec2:GetSecurityGroupsForVpc",
      "elasticloadbalancing:DescribeCapacityReservation",
      "elasticloadbalancing:DescribeListenerAttributes",
      "elasticloadbalancing:DescribeListenerCertificates",
      "elasticloadbalancing:DescribeListeners",
      "elasticloadbalancing:DescribeLoadBalancerAttributes",
      "elasticloadbalancing:DescribeLoadBalancers",
      "elasticloadbalancing:DescribeRules",
      "elasticloadbalancing:DescribeSSLPolicies",
      "elasticloadbalancing:DescribeTags",
      "elasticloadbalancing:DescribeTargetGroupAttributes",
      "elasticloadbalancing:DescribeTargetGroups",
      "elasticloadbalancing:DescribeTargetHealth",
      "elasticloadbalancing:DescribeTrustStores",
      // The controller calls these for each Ingress, even if Shield and WAF Classic are not used.
      "shield:DescribeProtection",
      "shield:GetSubscriptionState",
      "waf-regional:GetWebACL",
      "waf-regional:GetWebACLForResource",
    ],
    // Describe and list actions do not support resource-level permissions.
    resources: ["*"],
  };
}

function firewall(account: AwsAccount): PolicyStatement[] {
  return [
    {
      sid: "AssociateWebAcl",
      actions: [
        "elasticloadbalancing:SetWebAcl",
        "wafv2:AssociateWebACL",
        "wafv2:DisassociateWebACL",
        "wafv2:GetWebACL",
        "wafv2:GetWebACLForResource",
      ],
      resources: [loadBalancer(account), account.arn("wafv2", "regional/webacl/*/*")],
    },
  ];
}

function securityGroups(account: AwsAccount, clusterName: string): PolicyStatement[] {
  const securityGroup = account.arn("ec2", "security-group/*");
  return [
    {
      sid: "CreateSecurityGroup",
      actions: ["ec2:CreateSecurityGroup"],
      resources: [securityGroup],
      conditions: { StringEquals: { [`aws:RequestTag/${CLUSTER_TAG}`]: clusterName } },
    },
    {
      // The VPC is the second resource of the same call. The request has no tags for it.
      sid: "CreateSecurityGroupInVpc",
      actions: ["ec2:CreateSecurityGroup"],
      resources: [account.arn("ec2", "vpc/*")],
    },
    {
      sid: "TagNewSecurityGroup",
      actions: ["ec2:CreateTags"],
      resources: [securityGroup],
      conditions: {
        StringEquals: {
          "ec2:CreateAction": "CreateSecurityGroup",
          [`aws:RequestTag/${CLUSTER_TAG}`]: clusterName,
        },
      },
    },
    {
      sid: "TagClusterSecurityGroups",
      actions: ["ec2:CreateTags", "ec2:DeleteTags"],
      resources: [securityGroup],
      conditions: exceptClusterTag(clusterName),
    },
    {
      sid: "ModifyClusterSecurityGroups",
      actions: [
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:DeleteSecurityGroup",
        "ec2:RevokeSecurityGroupIngress",
      ],
      resources: [securityGroup],
      conditions: taggedFor(clusterName),
    },
    {
      // Lets the load balancer reach the nodes, whose security group EKS created and tagged.
      sid: "AuthorizeClusterSecurityGroup",
      actions: ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
      resources: [securityGroup],
      conditions: { StringEquals: { [`aws:ResourceTag/kubernetes.io/cluster/${clusterName}`]: "owned" } },
    },
  ];
}

function loadBalancers(account: AwsAccount, clusterName: string): PolicyStatement[] {
  return [
    {
      sid: "CreateClusterTargetGroups",
      actions: ["elasticloadbalancing:CreateTargetGroup"],
      resources: [targetGroup(account)],
      conditions: { StringEquals: { [`aws:RequestTag/${CLUSTER_TAG}`]: clusterName } },
    },
    {
      sid: "ModifyClusterLoadBalancers",
      actions: [
        "elasticloadbalancing:CreateListener",
        "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:ModifyCapacityReservation",
        "elasticloadbalancing:ModifyIpPools",
        "elasticloadbalancing:ModifyLoadBalancerAttributes",
        "elasticloadbalancing:ModifyTargetGroup",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
        "elasticloadbalancing:RegisterTargets",
        "elasticloadbalancing:SetIpAddressType",
        "elasticloadbalancing:SetSecurityGroups",
        "elasticloadbalancing:SetSubnets",
      ],
      resources: [loadBalancer(account), targetGroup(account)],
      conditions: taggedFor(clusterName),
    },
    {
      // No condition on the tag: the controller may adopt a listener that has no tag yet.
      sid: "ModifyListenersAndRules",
      actions: [
        "elasticloadbalancing:AddListenerCertificates",
        "elasticloadbalancing:CreateRule",
        "elasticloadbalancing:DeleteListener",
        "elasticloadbalancing:DeleteRule",
        "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:ModifyListenerAttributes",
        "elasticloadbalancing:ModifyRule",
        "elasticloadbalancing:RemoveListenerCertificates",
        "elasticloadbalancing:SetRulePriorities",
      ],
      resources: listenersAndRules(account),
    },
  ];
}

function tags(account: AwsAccount, clusterName: string): PolicyStatement[] {
  const actions = ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"];
  return [
    {
      sid: "TagNewTargetGroups",
      actions: ["elasticloadbalancing:AddTags"],
      resources: [targetGroup(account)],
      conditions: {
        StringEquals: {
          "elasticloadbalancing:CreateAction": ["CreateTargetGroup"],
          [`aws:RequestTag/${CLUSTER_TAG}`]: clusterName,
        },
      },
    },
    {
      sid: "TagClusterLoadBalancers",
      actions,
      resources: [loadBalancer(account), targetGroup(account)],
      conditions: exceptClusterTag(clusterName),
    },
    { sid: "TagListenersAndRules", actions, resources: listenersAndRules(account) },
  ];
}

const taggedFor = (clusterName: string) => ({
  StringEquals: { [`aws:ResourceTag/${CLUSTER_TAG}`]: clusterName },
});

/** Allows changes of tags on the cluster's resources, except for the cluster tag itself. */
const exceptClusterTag = (clusterName: string) => ({
  ...taggedFor(clusterName),
  Null: { [`aws:RequestTag/${CLUSTER_TAG}`]: "true" },
});

const loadBalancer = (account: AwsAccount) => account.arn("elasticloadbalancing", "loadbalancer/app/*/*");

const targetGroup = (account: AwsAccount) => account.arn("elasticloadbalancing", "targetgroup/*/*");

const listenersAndRules = (account: AwsAccount) => [
  account.arn("elasticloadbalancing", "listener/app/*/*/*"),
  account.arn("elasticloadbalancing", "listener-rule/app/*/*/*"),
];
