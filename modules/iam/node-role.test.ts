import { describe, expect, it } from "vitest";
import { statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../core/aws-account.js";
import { NodeRole } from "./node-role.js";

describe("NodeRole", () => {
  const stack = synthesize(
    (scope) =>
      new NodeRole(scope, "nodes", {
        globalName: "notejam-dev-eu-west-1",
        account: new AwsAccount(scope, "account", { region: "eu-west-1" }),
      }),
  );

  it("is EC2's to assume, and no other service's", () => {
    expect(statementsOf(stack.one("aws_iam_role").assume_role_policy)).toEqual([
      { Effect: "Allow", Principal: { Service: ["ec2.amazonaws.com"] }, Action: ["sts:AssumeRole"] },
    ]);
  });

  it("has policies for the cluster, images and Session Manager only", () => {
    const policies = stack
      .resources("aws_iam_role_policy_attachment")
      .map((attachment) => String(attachment.policy_arn).split("/").at(-1));
    expect(policies.sort()).toEqual([
      "AmazonEC2ContainerRegistryPullOnly",
      "AmazonEKSWorkerNodePolicy",
      "AmazonSSMManagedInstanceCore",
    ]);
    expect(stack.count("aws_iam_role_policy")).toBe(0);
  });
});
