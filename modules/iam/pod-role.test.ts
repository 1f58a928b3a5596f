import { describe, expect, it } from "vitest";
import { statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../blocks/aws-account.js";
import { managedPolicyArn } from "./managed-policy.js";
import { PodRole, type PodRoleProps } from "./pod-role.js";

const podRoleWith = (changes: Partial<PodRoleProps> = {}) =>
  synthesize((scope) => {
    const account = new AwsAccount(scope, "account", { region: "eu-west-1" });
    new PodRole(scope, "backup", {
      globalName: "notejam-prod-eu-west-1",
      account,
      clusterName: "notejam-prod",
      namespace: "notejam",
      serviceAccount: "notejam-backup",
      statements: [{ actions: ["s3:ListBucket"], resources: ["arn:aws:s3:::dumps"] }],
      managedPolicyArns: [managedPolicyArn(account, "CloudWatchAgentServerPolicy")],
      ...changes,
    });
  });

describe("PodRole", () => {
  const stack = podRoleWith();
  const role = stack.one("aws_iam_role");

  it("lets nobody but EKS assume the role, for one service account of one cluster", () => {
    const statements = statementsOf(role.assume_role_policy);
    expect(statements).toHaveLength(1);
    expect(statements[0]).toMatchObject({
      Effect: "Allow",
      Principal: { Service: ["pods.eks.amazonaws.com"] },
      Action: ["sts:AssumeRole", "sts:TagSession"],
      Condition: {
        StringEquals: {
          "aws:SourceAccount": expect.stringContaining("account_id"),
          "aws:RequestTag/kubernetes-namespace": "notejam",
          "aws:RequestTag/kubernetes-service-account": "notejam-backup",
        },
        ArnEquals: {
          "aws:SourceArn": expect.stringMatching(/^arn:.*:eks:eu-west-1:.*:cluster\/notejam-prod$/),
        },
      },
    });
  });

  it("hands the role to that service account once its rights are complete", () => {
    const association = stack.one("aws_eks_pod_identity_association");
    expect(association).toMatchObject({
      cluster_name: "notejam-prod",
      namespace: "notejam",
      service_account: "notejam-backup",
      role_arn: `\${aws_iam_role.${role.id}.arn}`,
    });
    expect(association.depends_on).toEqual([
      expect.stringContaining("aws_iam_role_policy."),
      expect.stringContaining("aws_iam_role_policy_attachment."),
    ]);
  });

  it("takes policies of AWS from the account's partition", () => {
    expect(stack.one("aws_iam_role_policy_attachment").policy_arn).toMatch(
      /^arn:\$\{data\.aws_partition\.[^}]+\}:iam::aws:policy\/CloudWatchAgentServerPolicy$/,
    );
  });

  it("keeps an attachment's state address when another policy comes before it", () => {
    expect(stack.one("aws_iam_role_policy_attachment").id).toContain("CloudWatchAgentServerPolicy");
  });

  it("has no policy of its own where none is asked for", () => {
    expect(podRoleWith({ statements: undefined }).count("aws_iam_role_policy")).toBe(0);
  });

  it("names the role after region and service account", () => {
    expect(role.name).toBe("notejam-prod-eu-west-1-notejam-backup");
    expect(podRoleWith({ roleSuffix: "dumps" }).one("aws_iam_role").name).toBe(
      "notejam-prod-eu-west-1-dumps",
    );
  });

  it("refuses a name that IAM would refuse, and says what to do", () => {
    expect(() => podRoleWith({ serviceAccount: "a".repeat(42) })).toThrow(
      /has 65 characters.*64.*roleSuffix/,
    );
    expect(() => podRoleWith({ serviceAccount: "a".repeat(41) })).not.toThrow();
  });
});
