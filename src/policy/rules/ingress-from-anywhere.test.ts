import { EksCluster } from "@cdktf/provider-aws/lib/eks-cluster/index.js";
import { Lb } from "@cdktf/provider-aws/lib/lb/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { SecurityGroupRule } from "@cdktf/provider-aws/lib/security-group-rule/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import type { TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import { violations } from "../../../test/policy-check.js";
import { ingressFromAnywhere } from "./ingress-from-anywhere.js";

interface RuleProps {
  readonly network: string;
  readonly port?: number;
  readonly ipProtocol?: string;
  /** Type of the load balancer that uses the group. @default none */
  readonly balancer?: "application" | "network";
}

const ingressRule =
  ({ network, port, ipProtocol = "tcp", balancer }: RuleProps) =>
  (stack: TerraformStack) => {
    const group = new SecurityGroup(stack, "group");
    new VpcSecurityGroupIngressRule(stack, "rule", {
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
    [
      "a database port",
      { network: "0.0.0.0/0", port: 5432 },
      "rule allows ingress from 0.0.0.0/0 to port 5432",
    ],
    [
      "a database port over IPv6",
      { network: "::/0", port: 5432 },
      "rule allows ingress from ::/0 to port 5432",
    ],
    [
      "every port",
      { network: "0.0.0.0/0", ipProtocol: "-1" },
      "rule allows ingress from 0.0.0.0/0 to every port",
    ],
    [
      "half of the internet",
      { network: "128.0.0.0/1", port: 22 },
      "rule allows ingress from 128.0.0.0/1 to port 22",
    ],
    [
      "443 of a group that no load balancer uses",
      { network: "0.0.0.0/0", port: 443 },
      "rule allows ingress from 0.0.0.0/0 to port 443",
    ],
    [
      "443 of a network load balancer",
      { network: "0.0.0.0/0", port: 443, balancer: "network" },
      "rule allows ingress from 0.0.0.0/0 to port 443",
    ],
    [
      "3000 of a load balancer",
      { network: "0.0.0.0/0", port: 3000, balancer: "application" },
      "rule allows ingress from 0.0.0.0/0 to port 3000",
    ],
    [
      "UDP on 443 of a load balancer",
      { network: "::/0", port: 443, ipProtocol: "udp", balancer: "application" },
      "rule allows ingress from ::/0 to port 443",
    ],
  ] as const)("rejects 0.0.0.0/0 to %s", (_what, props, violation) => {
    expect(violations(ingressFromAnywhere, ingressRule(props))).toEqual([violation]);
  });

  it.each([
    ["80 of an application load balancer", { network: "0.0.0.0/0", port: 80, balancer: "application" }],
    [
      "443 of an application load balancer over IPv6",
      { network: "::/0", port: 443, balancer: "application" },
    ],
    ["a named network on any port", { network: "10.0.0.0/8", port: 5432 }],
  ] as const)("accepts %s", (_what, props) => {
    expect(violations(ingressFromAnywhere, ingressRule(props))).toEqual([]);
  });

  it("checks inline rules and aws_security_group_rule too", () => {
    const found = violations(ingressFromAnywhere, (stack) => {
      const rule = { fromPort: 0, toPort: 65535, protocol: "tcp", cidrBlocks: ["10.0.0.0/8", "0.0.0.0/0"] };
      new SecurityGroup(stack, "inline", { ingress: [rule] });
      new SecurityGroupRule(stack, "rule", { ...rule, type: "ingress", securityGroupId: "sg-1" });
      new SecurityGroupRule(stack, "egress", { ...rule, type: "egress", securityGroupId: "sg-1" });
    });
    expect(found.sort()).toEqual([
      "inline allows ingress from 0.0.0.0/0 to ports 0 to 65535",
      "rule allows ingress from 0.0.0.0/0 to ports 0 to 65535",
    ]);
  });

  it("rejects a Kubernetes API that is open to the internet, which is the default of AWS", () => {
    const cluster = (vpcConfig: { endpointPublicAccess?: boolean; publicAccessCidrs?: string[] }) =>
      violations(
        ingressFromAnywhere,
        (stack) =>
          new EksCluster(stack, "cluster", {
            name: "c",
            roleArn: "r",
            vpcConfig: { subnetIds: [], ...vpcConfig },
          }),
      );
    const rejected = ["cluster opens the Kubernetes API to the internet"];
    expect(cluster({})).toEqual(rejected);
    expect(cluster({ endpointPublicAccess: true })).toEqual(rejected);
    expect(cluster({ endpointPublicAccess: true, publicAccessCidrs: ["0.0.0.0/0"] })).toEqual(rejected);
    expect(cluster({ endpointPublicAccess: true, publicAccessCidrs: ["198.51.100.0/24"] })).toEqual([]);
    expect(cluster({ endpointPublicAccess: false })).toEqual([]);
  });
});
