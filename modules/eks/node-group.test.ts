import { describe, expect, it } from "vitest";
import { type Synthesized, synthesize } from "../../test/synthesized-constructs.js";
import { NodeGroup, type NodeGroupProps } from "./node-group.js";

function group(change: Partial<NodeGroupProps> = {}) {
  return synthesize((scope) => {
    new NodeGroup(scope, "apps", {
      name: "apps",
      clusterName: "notejam-dev",
      globalName: "notejam-dev-eu-west-1",
      version: "1.35",
      nodeRoleArn: "role-nodes",
      subnetIds: ["subnet-a", "subnet-b", "subnet-c"],
      securityGroupIds: ["sg-cluster", "sg-workers"],
      volumeKeyArn: "key-ebs",
      instanceTypes: ["t3.large"],
      minSize: 1,
      desiredSize: 1,
      maxSize: 3,
      taints: [{ key: "scope", value: "apps", effect: "NoSchedule" }],
      tags: { Owner: "DevOps" },
      ...change,
    });
  });
}

function autoscalerTags(stack: Synthesized): Record<string, string> {
  const tags = stack
    .resources("aws_autoscaling_group_tag")
    .map((block): { key: string; value: string } => JSON.parse(JSON.stringify(block.tag)));
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]));
}

describe("NodeGroup", () => {
  const stack = group();
  const nodes = stack.one("aws_eks_node_group");
  const template = stack.one("aws_launch_template");

  it("uses all given subnets and sizes", () => {
    expect(nodes).toMatchObject({
      subnet_ids: ["subnet-a", "subnet-b", "subnet-c"],
      scaling_config: { min_size: 1, desired_size: 1, max_size: 3 },
      instance_types: ["t3.large"],
      ami_type: "AL2023_x86_64_STANDARD",
    });
  });

  it("ignores the number of nodes, and creates new groups first", () => {
    expect(nodes.lifecycle).toEqual({
      create_before_destroy: true,
      ignore_changes: ["scaling_config[0].desired_size"],
    });
    expect(nodes.node_group_name_prefix).toBe("apps-");
    expect(template.lifecycle).toEqual({ create_before_destroy: true });
    expect(template.name_prefix).toBe("notejam-dev-eu-west-1-apps-");
  });

  it("uses the newest version of the launch template", () => {
    expect(nodes.launch_template).toEqual({
      id: `\${aws_launch_template.${template.id}.id}`,
      version: `\${aws_launch_template.${template.id}.latest_version}`,
    });
  });

  it("updates at most a third of the nodes at a time, and repairs nodes", () => {
    expect(nodes.update_config).toEqual({ max_unavailable_percentage: 33 });
    expect(nodes.node_repair_config).toEqual({ enabled: true });
  });

  it("requires IMDSv2 with a hop limit of 1", () => {
    expect(template.metadata_options).toMatchObject({
      http_tokens: "required",
      http_put_response_hop_limit: 1,
    });
  });

  it("encrypts the volumes with the given key", () => {
    expect(template.block_device_mappings).toEqual([
      {
        device_name: "/dev/xvda",
        ebs: {
          volume_type: "gp3",
          volume_size: 50,
          encrypted: "true",
          kms_key_id: "key-ebs",
          delete_on_termination: "true",
        },
      },
    ]);
  });

  it("uses the given security groups", () => {
    expect(template.vpc_security_group_ids).toEqual(["sg-cluster", "sg-workers"]);
  });

  it("tags instances, volumes and network interfaces", () => {
    const tags = { Owner: "DevOps", Name: "notejam-dev-eu-west-1-apps" };
    expect(template.tag_specifications).toEqual([
      { resource_type: "instance", tags },
      { resource_type: "volume", tags },
      { resource_type: "network-interface", tags },
    ]);
  });

  it("configures the maximum number of pods", () => {
    const userData = Buffer.from(String(template.user_data), "base64").toString();
    expect(userData).toMatch(/^MIME-Version: 1\.0\n/);
    expect(userData).toContain("Content-Type: application/node.eks.aws\n\napiVersion: node.eks.aws/v1alpha1");
    expect(userData).toContain("\n      maxPods: 110\n");
  });

  it("labels and taints the nodes with their scope", () => {
    expect(nodes.labels).toEqual({ scope: "apps" });
    expect(nodes.taint).toEqual([{ key: "scope", value: "apps", effect: "NO_SCHEDULE" }]);
  });

  it("has no taints by default", () => {
    const open = group({ taints: undefined });
    expect(open.one("aws_eks_node_group").taint ?? []).toEqual([]);
    expect(Object.keys(autoscalerTags(open)).filter((key) => key.includes("/taint/"))).toEqual([]);
  });

  it("has the tags that the autoscaler needs to scale from zero", () => {
    expect(autoscalerTags(group({ labels: { team: "notes" }, diskGib: 80 }))).toEqual({
      "k8s.io/cluster-autoscaler/enabled": "true",
      "k8s.io/cluster-autoscaler/notejam-dev": "owned",
      "k8s.io/cluster-autoscaler/node-template/resources/ephemeral-storage": "80Gi",
      "k8s.io/cluster-autoscaler/node-template/label/scope": "apps",
      "k8s.io/cluster-autoscaler/node-template/label/team": "notes",
      "k8s.io/cluster-autoscaler/node-template/taint/scope": "apps:NoSchedule",
    });
  });

  it("tags the Auto Scaling group of EKS", () => {
    for (const tag of stack.resources("aws_autoscaling_group_tag"))
      expect(tag.autoscaling_group_name).toBe(
        `\${aws_eks_node_group.${nodes.id}.resources[0].autoscaling_groups[0].name}`,
      );
  });

  it("depends on the given resources", () => {
    const waiting = group({ dependsOn: [{ fqn: "aws_eks_addon.vpc-cni" }] });
    expect(waiting.one("aws_eks_node_group").depends_on).toEqual(["aws_eks_addon.vpc-cni"]);
  });

  it("rejects a name that is too long with Terraform's suffix", () => {
    expect(() => group({ name: "a".repeat(37) })).toThrow(/37 characters.*Use at most 36/);
  });
});
