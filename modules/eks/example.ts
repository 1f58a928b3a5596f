import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { AwsAccount } from "@notejam/constructs/core/aws-account";
import { EksCluster } from "@notejam/constructs/eks/cluster";
import { NetworkAddons } from "@notejam/constructs/eks/network-addons";
import { NodeGroup } from "@notejam/constructs/eks/node-group";
import { SystemAddons } from "@notejam/constructs/eks/system-addons";
import { NodeRole } from "@notejam/constructs/iam/node-role";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** EKS cluster with one node group and all add-ons. */
export class ClusterStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    const account = new AwsAccount(this, "account", { region: "eu-west-1" });
    const subnetIds = ["subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"];
    const kmsKeyArn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const cluster = new EksCluster(this, "cluster", {
      name: "shop-prod",
      globalName: "shop-prod-eu-west-1",
      account,
      version: "1.35",
      subnetIds,
      secretsKeyArn: kmsKeyArn,
      logs: { retentionDays: 90, kmsKeyArn },
      endpoint: { publicAccessCidrs: ["192.0.2.0/24"] },
      serviceCidr: "172.20.0.0/16",
      admins: [{ id: "platform-team", principalArn: account.roleArn("platform-team") }],
      viewers: [],
    });
    const { clusterName, version: clusterVersion } = cluster;
    const networkAddons = new NetworkAddons(this, "network-addons", { clusterName, clusterVersion });
    const nodeRole = new NodeRole(this, "node-role", { globalName: "shop-prod-eu-west-1", account });
    const nodes = new NodeGroup(this, "nodes", {
      name: "apps",
      clusterName,
      globalName: "shop-prod-eu-west-1",
      version: clusterVersion,
      nodeRoleArn: nodeRole.roleArn,
      subnetIds,
      securityGroupIds: [cluster.clusterSecurityGroupId],
      volumeKeyArn: kmsKeyArn,
      instanceTypes: ["m7i.large"],
      minSize: 2,
      desiredSize: 2,
      maxSize: 6,
      tags: { Environment: "prod" },
      dependsOn: [...networkAddons.resources, ...nodeRole.attachments],
    });
    new SystemAddons(this, "system-addons", { clusterName, clusterVersion, dependsOn: [nodes.resource] });
  }
}
