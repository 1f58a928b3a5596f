import type { AwsAccount } from "../blocks/aws-account.js";
import type { PolicyStatement } from "../blocks/iam-policy.js";

/** The tag by which the controller knows what belongs to its cluster; Terraform sets it on the load balancer too. */
const CLUSTER_TAG = "elbv2.k8s.aws/cluster";

/**
 * What the AWS Load Balancer Controller 3.x does for ingresses behind application load balancers.
 *
 * Follows the policy that the controller's authors publish, narrowed: to this account and region, to application load
 * balancers, and to what carries this cluster's name in its tag instead of any cluster's. Left out are the features
 * that are not used: network load balancers, Shield protection, Cognito, server certificates kept in IAM, and making the
 * service-linked role (it exists since Terraform made the load balancer).
 *
 * It can neither make nor delete a load balancer. The one there is belongs to Terraform, and the controller, which has
 * adopted it, would delete it with the last ingress, deletion protection or not.
 *
 * @see https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/docs/install/iam_policy.json
 */
export function loadBalancerController(account: AwsAccount, clusterName: string): PolicyStatement[] {
  return [
    readsEverything(),
    ...firewall(account),
    ...securityGroups(account, clusterName),
    ...loadBalancers(account, clusterName),
    ...tags(account, clusterName),
  ];
}

function readsEverything(): PolicyStatement {
  return {
    sid: "ReadWhatIsThere",
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
      // Asked for every ingress, even where neither is used.
      "shield:DescribeProtection",
      "shield:GetSubscriptionState",
      "waf-regional:GetWebACL",
      "waf-regional:GetWebACLForResource",
    ],
    // Reason for the star: AWS offers no resource to narrow describe and list calls by.
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
      sid: "MakeSecurityGroup",
      actions: ["ec2:CreateSecurityGroup"],
      resources: [securityGroup],
      conditions: { StringEquals: { [`aws:RequestTag/${CLUSTER_TAG}`]: clusterName } },
    },
    {
      // The VPC is the second resource of the same call, and no tag is requested for it.
      sid: "MakeSecurityGroupInVpc",
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
      sid: "TagOwnSecurityGroups",
      actions: ["ec2:CreateTags", "ec2:DeleteTags"],
      resources: [securityGroup],
      conditions: keepingTheClusterTag(clusterName),
    },
    {
      sid: "ChangeOwnSecurityGroups",
      actions: [
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:DeleteSecurityGroup",
        "ec2:RevokeSecurityGroupIngress",
      ],
      resources: [securityGroup],
      conditions: ownedBy(clusterName),
    },
    {
      // Opens the nodes' group, which EKS made and tagged, to the load balancer.
      sid: "OpenClusterSecurityGroup",
      actions: ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
      resources: [securityGroup],
      conditions: { StringEquals: { [`aws:ResourceTag/kubernetes.io/cluster/${clusterName}`]: "owned" } },
    },
  ];
}

function loadBalancers(account: AwsAccount, clusterName: string): PolicyStatement[] {
  return [
    {
      sid: "MakeTargetGroupsOfTheCluster",
      actions: ["elasticloadbalancing:CreateTargetGroup"],
      resources: [targetGroup(account)],
      conditions: { StringEquals: { [`aws:RequestTag/${CLUSTER_TAG}`]: clusterName } },
    },
    {
      sid: "ChangeLoadBalancersOfTheCluster",
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
      conditions: ownedBy(clusterName),
    },
    {
      // Without the tag's condition: the controller may adopt a listener that carries no tag yet.
      sid: "ChangeListenersAndRules",
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
      sid: "TagOwnLoadBalancers",
      actions,
      resources: [loadBalancer(account), targetGroup(account)],
      conditions: keepingTheClusterTag(clusterName),
    },
    { sid: "TagListenersAndRules", actions, resources: listenersAndRules(account) },
  ];
}

const ownedBy = (clusterName: string) => ({
  StringEquals: { [`aws:ResourceTag/${CLUSTER_TAG}`]: clusterName },
});

/** Its own things may be tagged, but the tag that makes them its own may neither be set nor moved. */
const keepingTheClusterTag = (clusterName: string) => ({
  ...ownedBy(clusterName),
  Null: { [`aws:RequestTag/${CLUSTER_TAG}`]: "true" },
});

const loadBalancer = (account: AwsAccount) => account.arn("elasticloadbalancing", "loadbalancer/app/*/*");

const targetGroup = (account: AwsAccount) => account.arn("elasticloadbalancing", "targetgroup/*/*");

const listenersAndRules = (account: AwsAccount) => [
  account.arn("elasticloadbalancing", "listener/app/*/*/*"),
  account.arn("elasticloadbalancing", "listener-rule/app/*/*/*"),
];
