import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { NetworkAddons } from "./network-addons.js";
import { SystemAddons } from "./system-addons.js";

const props = { clusterName: "notejam-dev", clusterVersion: "1.35" };
const stack = synthesize((scope) => {
  new NetworkAddons(scope, "network", { ...props, dependsOn: [{ fqn: "association.aws-node" }] });
  new SystemAddons(scope, "system", { ...props, dependsOn: [{ fqn: "aws_eks_node_group.operations" }] });
});
const addons = new Map(stack.resources("aws_eks_addon").map((addon) => [addon.addon_name, addon]));
const configurationOf = (name: string) => {
  const values = addons.get(name)?.configuration_values;
  return values === undefined ? undefined : JSON.parse(String(values));
};

describe("add-ons", () => {
  it("include network and credentials before the nodes, and the rest after them", () => {
    const waitingFor = (dependency: string) =>
      [...addons].filter(([, addon]) => String(addon.depends_on) === dependency).map(([name]) => name);
    expect(waitingFor("association.aws-node").sort()).toEqual(["eks-pod-identity-agent", "vpc-cni"]);
    expect(waitingFor("aws_eks_node_group.operations").sort()).toEqual([
      "amazon-cloudwatch-observability",
      "aws-ebs-csi-driver",
      "aws-secrets-store-csi-driver-provider",
      "coredns",
      "kube-proxy",
      "metrics-server",
    ]);
  });

  it("come in AWS's default version for the cluster's Kubernetes minor", () => {
    for (const [name, addon] of addons) {
      const version = stack.data("aws_eks_addon_version").find((data) => data.addon_name === name);
      expect(version).toMatchObject({ kubernetes_version: "1.35", most_recent: false });
      expect(addon.addon_version).toBe(`\${data.aws_eks_addon_version.${version?.id}.version}`);
    }
  });

  it("revert manual changes", () => {
    for (const addon of addons.values())
      expect(addon).toMatchObject({
        resolve_conflicts_on_create: "OVERWRITE",
        resolve_conflicts_on_update: "OVERWRITE",
      });
  });

  it("give pods blocks of addresses and enforce network policies", () => {
    expect(configurationOf("vpc-cni")).toMatchObject({
      enableNetworkPolicy: "true",
      env: { ENABLE_PREFIX_DELEGATION: "true", WARM_PREFIX_TARGET: "1" },
    });
  });

  it("mount secrets also on tainted nodes", () => {
    expect(configurationOf("aws-secrets-store-csi-driver-provider").tolerations).toEqual([
      { operator: "Exists" },
    ]);
  });

  it("monitor tainted nodes, but do not return to a node that is being drained", () => {
    expect(configurationOf("amazon-cloudwatch-observability").tolerations).toEqual([
      { key: "scope", operator: "Exists", effect: "NoSchedule" },
    ]);
  });

  it("do not enable Application Signals", () => {
    const { agent, manager } = configurationOf("amazon-cloudwatch-observability");
    expect(agent.config.logs.metrics_collected).not.toHaveProperty("application_signals");
    expect(manager.applicationSignals.autoMonitor.monitorAllServices).toBe(false);
  });
});
