import type { AwsAccount } from "../../core/aws-account.js";
import type { PolicyStatement } from "../../core/iam-policy.js";

/**
 * Returns the permissions of the cluster autoscaler: read all groups, scale those that are tagged for this cluster.
 *
 * @see https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md#full-cluster-autoscaler-features-policy-recommended
 */
export function clusterAutoscaler(account: AwsAccount, clusterName: string): PolicyStatement[] {
  return [
    {
      sid: "DescribeAutoScalingGroups",
      actions: [
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DescribeLaunchConfigurations",
        "autoscaling:DescribeScalingActivities",
        "autoscaling:DescribeTags",
        "ec2:DescribeImages",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:GetInstanceTypesFromInstanceRequirements",
      ],
      // These actions do not support resource-level permissions.
      resources: ["*"],
    },
    {
      sid: "DescribeNodeGroups",
      actions: ["eks:DescribeNodegroup"],
      resources: [account.arn("eks", `nodegroup/${clusterName}/*/*`)],
    },
    {
      sid: "ScaleClusterAutoScalingGroups",
      actions: ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
      resources: [account.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/*")],
      conditions: {
        StringEquals: {
          "aws:ResourceTag/k8s.io/cluster-autoscaler/enabled": "true",
          [`aws:ResourceTag/k8s.io/cluster-autoscaler/${clusterName}`]: "owned",
        },
      },
    },
  ];
}
