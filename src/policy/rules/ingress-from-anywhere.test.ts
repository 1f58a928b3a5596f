import { EksCluster } from "@cdktf/provider-aws/lib/eks-cluster/index.js";
import { Lb } from "@cdktf/provider-aws/lib/lb/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { SecurityGroupRule } from "@cdktf/provider-aws/lib/security-group-rule/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import type { TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import { findings } from "../../../test/policy-check.js";
import { ingressFromAnywhere } from "./ingress-from-anywhere.js";

interface Door {
  readonly network: string;
  readonly port?: number;
  readonly ipProtocol?: string;
  /** What uses the group. @default nothing */
  readonly balancer?: "application" | "network";
}

const door =
  ({ network, port, ipProtocol = "tcp", balancer }: Door) =>
  (stack: TerraformStack) => {
    const group = new SecurityGroup(stack, "group");
    new VpcSecurityGroupIngressRule(stack, "door", {
      securityGroupId: group.id,
      ipProtocol,
      fromPort: port,
      toPort: port,
      ...(network.includes(":") ? { cidrIpv6: network } : { cidrIpv4: network }),
    });
    if (balancer) new Lb(stack, "balancer", { loadBalancerType: balancer, securityGroups: [group.id] });
  };

describe("ingress-from-anywhere", () => {
  it.each([
    ["a database port", { network: "0.0.0.0/0", port: 5432 }, "door lets 0.0.0.0/0 in on port 5432"],
    ["a database port over IPv6", { network: "::/0", port: 5432 }, "door lets ::/0 in on port 5432"],
    ["every port", { network: "0.0.0.0/0", ipProtocol: "-1" }, "door lets 0.0.0.0/0 in on every port"],
    ["half of the internet", { network: "128.0.0.0/1", port: 22 }, "door lets 128.0.0.0/1 in on port 22"],
    [
      "443 of a group that no load balancer uses",
      { network: "0.0.0.0/0", port: 443 },
      "door lets 0.0.0.0/0 in on port 443",
    ],
    [
      "443 of a network load balancer",
      { network: "0.0.0.0/0", port: 443, balancer: "network" },
      "door lets 0.0.0.0/0 in on port 443",
    ],
    [
      "3000 of a load balancer",
      { network: "0.0.0.0/0", port: 3000, balancer: "application" },
      "door lets 0.0.0.0/0 in on port 3000",
    ],
    [
      "UDP on 443 of a load balancer",
      { network: "::/0", port: 443, ipProtocol: "udp", balancer: "application" },
      "door lets ::/0 in on port 443",
    ],
  ] as const)("refuses anywhere on %s", (_what, props, finding) => {
    expect(findings(ingressFromAnywhere, door(props))).toEqual([finding]);
  });

  it.each([
    ["80 of an application load balancer", { network: "0.0.0.0/0", port: 80, balancer: "application" }],
    [
      "443 of an application load balancer over IPv6",
      { network: "::/0", port: 443, balancer: "application" },
    ],
    ["a named network on any port", { network: "10.0.0.0/8", port: 5432 }],
  ] as const)("accepts %s", (_what, props) => {
    expect(findings(ingressFromAnywhere, door(props))).toEqual([]);
  });

  it("looks into the older kinds of rules too", () => {
    const found = findings(ingressFromAnywhere, (stack) => {
      const rule = { fromPort: 0, toPort: 65535, protocol: "tcp", cidrBlocks: ["10.0.0.0/8", "0.0.0.0/0"] };
      new SecurityGroup(stack, "inline", { ingress: [rule] });
      new SecurityGroupRule(stack, "rule", { ...rule, type: "ingress", securityGroupId: "sg-1" });
      new SecurityGroupRule(stack, "way-out", { ...rule, type: "egress", securityGroupId: "sg-1" });
    });
    expect(found.sort()).toEqual([
      "inline lets 0.0.0.0/0 in on ports 0 to 65535",
      "rule lets 0.0.0.0/0 in on ports 0 to 65535",
    ]);
  });

  it("refuses a Kubernetes API for everybody, which is AWS's default", () => {
    const cluster = (vpcConfig: { endpointPublicAccess?: boolean; publicAccessCidrs?: string[] }) =>
      findings(
        ingressFromAnywhere,
        (stack) =>
          new EksCluster(stack, "cluster", {
            name: "c",
            roleArn: "r",
            vpcConfig: { subnetIds: [], ...vpcConfig },
          }),
      );
    const refused = ["cluster lets everybody reach the Kubernetes API"];
    expect(cluster({})).toEqual(refused);
    expect(cluster({ endpointPublicAccess: true })).toEqual(refused);
    expect(cluster({ endpointPublicAccess: true, publicAccessCidrs: ["0.0.0.0/0"] })).toEqual(refused);
    expect(cluster({ endpointPublicAccess: true, publicAccessCidrs: ["198.51.100.0/24"] })).toEqual([]);
    expect(cluster({ endpointPublicAccess: false })).toEqual([]);
  });
});
