import type { PolicyStatement } from "../../core/iam-policy.js";

/** Returns the permissions to read the images and tags of one ECR repository, such as Flux needs to find new tags. */
export function imageReader(repositoryArn: string): PolicyStatement[] {
  return [
    {
      sid: "GetAuthorizationToken",
      actions: ["ecr:GetAuthorizationToken"],
      // This action does not support resource-level permissions. The statement below limits what can be read.
      resources: ["*"],
    },
    {
      sid: "ReadImages",
      actions: [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:DescribeImages",
        "ecr:GetDownloadUrlForLayer",
        "ecr:ListImages",
      ],
      resources: [repositoryArn],
    },
  ];
}
