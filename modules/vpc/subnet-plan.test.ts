import { containsCidr, overlapCidr } from "cidr-tools";
import { describe, expect, it } from "vitest";
import { planSubnets, type SubnetPlan } from "./subnet-plan.js";

const all = (plan: SubnetPlan) => [...plan.publicCidrs, ...plan.privateCidrs, ...plan.databaseCidrs];

describe("planSubnets", () => {
  it("gives pods a quarter of the VPC per zone, and other tiers small ranges", () => {
    expect(planSubnets("10.20.0.0/16", 3)).toEqual({
      privateCidrs: ["10.20.0.0/18", "10.20.64.0/18", "10.20.128.0/18"],
      publicCidrs: ["10.20.192.0/22", "10.20.196.0/22", "10.20.200.0/22"],
      databaseCidrs: ["10.20.208.0/22", "10.20.212.0/22", "10.20.216.0/22"],
    });
  });

  it.each(["192.168.0.0/16", "172.31.128.0/17", "10.255.192.0/18", "10.0.32.0/19", "10.0.240.0/20"])(
    "divides %s into nine subnets without overlaps",
    (vpc) => {
      const cidrs = all(planSubnets(vpc, 3));
      expect(new Set(cidrs).size).toBe(9);
      for (const cidr of cidrs) {
        expect(containsCidr(vpc, cidr), cidr).toBe(true);
        const others = cidrs.filter((other) => other !== cidr);
        expect(overlapCidr(cidr, others), cidr).toBe(false);
      }
    },
  );

  it("gives load balancers a /27 or more in the smallest VPC", () => {
    expect(planSubnets("10.0.0.0/20", 3).publicCidrs).toEqual([
      "10.0.12.0/26",
      "10.0.12.64/26",
      "10.0.12.128/26",
    ]);
  });

  it("keeps the subnets of existing zones when a zone is added", () => {
    const two = planSubnets("10.0.0.0/16", 2);
    const three = planSubnets("10.0.0.0/16", 3);
    expect(all(three)).toEqual(expect.arrayContaining(all(two)));
  });

  it.each([
    ["10.0.0.0/21", /\/16 to \/20/],
    ["10.0.0.0/8", /\/16 to \/20/],
    ["10.0.300.0/16", /Use an IPv4 range/],
    ["fd00::/16", /Use an IPv4 range/],
    ["10.0.1.0/16", /starts at 10\.0\.0\.0\/16/],
  ])("rejects %s", (cidr, message) => {
    expect(() => planSubnets(cidr, 3)).toThrow(message);
  });

  it.each([0, 4, 1.5])("rejects %s zones", (zoneCount) => {
    expect(() => planSubnets("10.0.0.0/16", zoneCount)).toThrow(/Use 1, 2 or 3/);
  });
});
