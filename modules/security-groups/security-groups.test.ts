import { describe, expect, it } from "vitest";
import { type Block, synthesize } from "../../test/synthesized-constructs.js";
import { SecurityGroups } from "./security-groups.js";

const stack = synthesize((scope) => {
  new SecurityGroups(scope, "security", { name: "notejam-dev", vpcId: "vpc-1" });
});

const INGRESS = "aws_vpc_security_group_ingress_rule";
const EGRESS = "aws_vpc_security_group_egress_rule";

/** A rule as a sentence: "80 from 0.0.0.0/0", "3000 from alb", "all to 0.0.0.0/0". */
function sentence(rule: Block, preposition: "from" | "to"): string {
  const ports = rule.ip_protocol === "-1" ? "all" : `${rule.from_port}`;
  expect(rule.from_port).toBe(rule.to_port);
  const peer = rule.cidr_ipv4 ?? rule.cidr_ipv6 ?? groupNamed(rule.referenced_security_group_id);
  return `${ports} ${preposition} ${peer}`;
}

function groupNamed(reference: unknown): string | undefined {
  return /security_(\w+?)_[0-9A-F]{8}\.id/.exec(String(reference))?.[1];
}

function sentences(type: string, group: string, preposition: "from" | "to"): string[] {
  return stack
    .resources(type)
    .filter((rule) => groupNamed(rule.security_group_id) === group)
    .map((rule) => sentence(rule, preposition))
    .sort();
}

describe("SecurityGroups", () => {
  it("opens the load balancer on ports 80 and 443 for IPv4 and IPv6", () => {
    expect(sentences(INGRESS, "alb", "from")).toEqual([
      "443 from 0.0.0.0/0",
      "443 from ::/0",
      "80 from 0.0.0.0/0",
      "80 from ::/0",
    ]);
  });

  it("lets the load balancer connect to the application only", () => {
    expect(sentences(EGRESS, "alb", "to")).toEqual(["3000 to workers"]);
  });

  it("lets only the load balancer connect to the application", () => {
    expect(sentences(INGRESS, "workers", "from")).toEqual(["3000 from alb"]);
    expect(sentences(EGRESS, "workers", "to")).toEqual(["all to 0.0.0.0/0"]);
  });

  it("lets only nodes and pods connect to the database, which has no egress", () => {
    expect(sentences(INGRESS, "database", "from")).toEqual(["5432 from workers"]);
    expect(sentences(EGRESS, "database", "to")).toEqual([]);
  });

  it("describes each rule, and has no inline rules", () => {
    for (const rule of [...stack.resources(INGRESS), ...stack.resources(EGRESS)]) {
      expect(rule.description).toMatch(/\w{4}/);
    }
    for (const group of stack.resources("aws_security_group")) {
      expect(group).not.toHaveProperty("ingress");
      expect(group).not.toHaveProperty("egress");
    }
  });

  it("names the groups with the prefix", () => {
    expect(stack.resources("aws_security_group").map((group) => group.name)).toEqual([
      "notejam-dev-alb",
      "notejam-dev-database",
      "notejam-dev-workers",
    ]);
  });

  it("uses other ports", () => {
    const other = synthesize((scope) => {
      new SecurityGroups(scope, "security", { name: "n", vpcId: "vpc-1", appPort: 8080, databasePort: 6432 });
    });
    expect(other.one(INGRESS, /workers-from-alb/)).toMatchObject({ from_port: 8080, to_port: 8080 });
    expect(other.one(EGRESS, /alb-to-workers/)).toMatchObject({ from_port: 8080, to_port: 8080 });
    expect(other.one(INGRESS, /database-from-workers/)).toMatchObject({ from_port: 6432 });
  });
});
