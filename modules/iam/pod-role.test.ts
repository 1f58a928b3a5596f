import { describe, expect, it } from "vitest";
import { statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../core/aws-account.js";
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

  it("trusts EKS only, for one service account of one cluster", () => {
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

  it("associates the role after its policies exist", () => {
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

  it("uses AWS managed policies of the account's partition", () => {
    expect(stack.one("aws_iam_role_policy_attachment").policy_arn).toMatch(
      /^arn:\$\{data\.aws_partition\.[^}]+\}:iam::aws:policy\/CloudWatchAgentServerPolicy$/,
    );
  });

  it("keeps the state addresses of attachments when policies are added", () => {
    expect(stack.one("aws_iam_role_policy_attachment").id).toContain("CloudWatchAgentServerPolicy");
  });

  it("has no inline policy without statements", () => {
    expect(podRoleWith({ statements: undefined }).count("aws_iam_role_policy")).toBe(0);
  });

  it("names the role by region and service account", () => {
    expect(role.name).toBe("notejam-prod-eu-west-1-notejam-backup");
    expect(podRoleWith({ roleSuffix: "dumps" }).one("aws_iam_role").name).toBe(
      "notejam-prod-eu-west-1-dumps",
    );
  });

  it("rejects a name that is too long", () => {
    expect(() => podRoleWith({ serviceAccount: "a".repeat(42) })).toThrow(
      /has 65 characters.*64.*roleSuffix/,
    );
    expect(() => podRoleWith({ serviceAccount: "a".repeat(41) })).not.toThrow();
  });
});
