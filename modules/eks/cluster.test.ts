import { describe, expect, it } from "vitest";
import { statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../core/aws-account.js";
import { EksCluster, type EksClusterProps } from "./cluster.js";

function cluster(change: Partial<EksClusterProps> = {}) {
  return synthesize((scope) => {
    new EksCluster(scope, "eks", {
      name: "notejam-dev",
      globalName: "notejam-dev-eu-west-1",
      account: new AwsAccount(scope, "account", { region: "eu-west-1" }),
      version: "1.35",
      subnetIds: ["subnet-a", "subnet-b", "subnet-c"],
      secretsKeyArn: "key-eks",
      logs: { retentionDays: 90, kmsKeyArn: "key-logs" },
      endpoint: { publicAccessCidrs: [] },
      serviceCidr: "172.20.0.0/16",
      admins: [{ id: "platform-team", principalArn: "arn:aws:iam::123456789012:role/platform" }],
      viewers: [{ id: "developers", principalArn: "arn:aws:iam::123456789012:role/developers" }],
      ...change,
    });
  });
}

describe("EksCluster", () => {
  const stack = cluster();
  const eks = stack.one("aws_eks_cluster");

  it("has no public endpoint without CIDR blocks", () => {
    expect(eks.vpc_config).toEqual({
      subnet_ids: ["subnet-a", "subnet-b", "subnet-c"],
      endpoint_private_access: true,
      endpoint_public_access: false,
    });
  });

  it("limits the public endpoint to the given CIDR blocks", () => {
    const open = cluster({ endpoint: { publicAccessCidrs: ["203.0.113.0/24"] } }).one("aws_eks_cluster");
    expect(open.vpc_config).toMatchObject({
      endpoint_private_access: true,
      endpoint_public_access: true,
      public_access_cidrs: ["203.0.113.0/24"],
    });
  });

  it("encrypts Kubernetes Secrets with the given key", () => {
    expect(eks.encryption_config).toEqual({ resources: ["secrets"], provider: { key_arn: "key-eks" } });
  });

  it("logs all components to a log group that exists before the cluster", () => {
    expect(eks.enabled_cluster_log_types).toEqual([
      "api",
      "audit",
      "authenticator",
      "controllerManager",
      "scheduler",
    ]);
    const group = stack.one("aws_cloudwatch_log_group");
    expect(group).toMatchObject({
      name: "/aws/eks/notejam-dev/cluster",
      retention_in_days: 90,
      kms_key_id: "key-logs",
    });
    expect(eks.depends_on).toContain(`aws_cloudwatch_log_group.${group.id}`);
  });

  it("destroys the policies of the role after the cluster", () => {
    for (const type of ["aws_iam_role_policy_attachment", "aws_iam_role_policy"])
      expect(eks.depends_on).toContain(`${type}.${stack.one(type).id}`);
  });

  it("does not make its creator an administrator", () => {
    expect(eks.access_config).toEqual({
      authentication_mode: "API",
      bootstrap_cluster_creator_admin_permissions: false,
    });
  });

  it("has no extended support, and enables zonal shift", () => {
    expect(eks.upgrade_policy).toEqual({ support_type: "STANDARD" });
    expect(eks.zonal_shift_config).toEqual({ enabled: true });
  });

  it("installs no self-managed add-ons", () => {
    expect(eks.bootstrap_self_managed_addons).toBe(false);
  });

  it("gives admins the admin policy, and viewers a policy without Secrets", () => {
    const [admin, viewer] = stack.resources("aws_eks_access_policy_association");
    expect(admin).toMatchObject({
      principal_arn: "arn:aws:iam::123456789012:role/platform",
      policy_arn: expect.stringContaining(":eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"),
      access_scope: { type: "cluster" },
      depends_on: [expect.stringContaining("aws_eks_access_entry.eks_admin-platform-team")],
    });
    expect(viewer).toMatchObject({
      policy_arn: expect.stringContaining("cluster-access-policy/AmazonEKSViewPolicy"),
      depends_on: [expect.stringContaining("aws_eks_access_entry.eks_viewer-developers")],
    });
  });

  it("lets EKS assume the role for this cluster only", () => {
    const [trust] = statementsOf(stack.one("aws_iam_role").assume_role_policy);
    expect(trust?.Principal).toEqual({ Service: ["eks.amazonaws.com"] });
    expect(trust?.Action).toEqual(["sts:AssumeRole", "sts:TagSession"]);
    expect(trust?.Condition?.ArnLike?.["aws:SourceArn"]).toMatch(/:eks:eu-west-1:.*:cluster\/notejam-dev$/);
  });

  it("lets the role use the secrets key and no other", () => {
    const [statement] = statementsOf(stack.one("aws_iam_role_policy").policy);
    expect(statement?.Resource).toEqual(["key-eks"]);
  });

  it("rejects an assumed-role session as principal", () => {
    const session = {
      id: "visitor",
      principalArn: "arn:aws:sts::123456789012:assumed-role/platform/visitor",
    };
    expect(() => cluster({ admins: [session] })).toThrow(/"visitor".*Use the ARN of the role/);
  });
});
