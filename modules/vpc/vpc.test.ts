import { describe, expect, it } from "vitest";
import { type Block, statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../core/aws-account.js";
import { Vpc, type VpcProps } from "./vpc.js";

const KEY = "arn:aws:kms:eu-west-1:123456789012:key/logs";

function vpcWith(changes: Partial<VpcProps> = {}, region = "eu-west-1") {
  let vpc: Vpc | undefined;
  const stack = synthesize((scope) => {
    vpc = new Vpc(scope, "network", {
      name: "notejam-dev",
      globalName: "notejam-dev-eu-west-1",
      account: new AwsAccount(scope, "account", { region }),
      cidr: "10.20.0.0/16",
      zoneCount: 3,
      natGateways: "per-zone",
      clusterName: "notejam-dev",
      flowLogs: { retentionDays: 90, kmsKeyArn: KEY },
      interfaceEndpoints: true,
      ...changes,
    });
  });
  if (!vpc) throw new Error("the stack was not built");
  return { vpc, stack };
}

const tagsOf = (block: Block | undefined) => Object(block?.tags);
const references = (value: unknown, target: Block) => String(value).includes(`.${target.id}.`);

describe("Vpc", () => {
  const { vpc, stack } = vpcWith();
  const subnets = (tier: string) =>
    stack.resources("aws_subnet").filter(({ id }) => id.includes(`${tier}-subnet`));

  it("has a public, a private and a database subnet in each of three zones", () => {
    for (const tier of ["public", "private", "database"]) {
      const zones = subnets(tier).map((subnet) => subnet.availability_zone);
      expect(zones.map((zone) => /names\.(\d)/.exec(String(zone))?.[1])).toEqual(["0", "1", "2"]);
    }
    expect(vpc.publicSubnetIds).toHaveLength(3);
    expect(vpc.privateSubnetIds).toHaveLength(3);
    expect(vpc.databaseSubnetIds).toHaveLength(3);
    expect(vpc.zoneNames).toHaveLength(3);
  });

  it("uses the subnet plan, without public addresses by default", () => {
    expect(subnets("private").map((subnet) => subnet.cidr_block)).toEqual(vpc.privateSubnetCidrs);
    expect(subnets("database").map((subnet) => subnet.cidr_block)).toEqual(vpc.databaseSubnetCidrs);
    expect(stack.resources("aws_subnet").some((subnet) => subnet.map_public_ip_on_launch)).toBe(false);
  });

  it("uses zones that support clusters, and fails if there are too few", () => {
    const [zones] = stack.data("aws_availability_zones");
    expect(zones).toMatchObject({
      state: "available",
      filter: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
      lifecycle: { postcondition: [{ condition: expect.stringContaining("length(self.names) >= 3") }] },
    });
  });

  it("excludes zones without EKS control planes", () => {
    const excludedIn = (region: string) =>
      vpcWith({}, region).stack.data("aws_availability_zones")[0]?.exclude_zone_ids;
    expect(excludedIn("us-east-1")).toEqual(["use1-az3"]);
    expect(excludedIn("eu-west-1")).toBeUndefined();
  });

  it("does not replace subnets when AWS adds a zone", () => {
    for (const subnet of stack.resources("aws_subnet")) {
      expect(subnet).toMatchObject({ lifecycle: { ignore_changes: ["availability_zone"] } });
    }
  });

  it("tags subnets for the load balancer controller", () => {
    const cluster = { "kubernetes.io/cluster/notejam-dev": "shared" };
    expect(tagsOf(subnets("public")[0])).toMatchObject({ "kubernetes.io/role/elb": "1", ...cluster });
    expect(tagsOf(subnets("private")[0])).toMatchObject({
      "kubernetes.io/role/internal-elb": "1",
      ...cluster,
    });
    expect(Object.keys(tagsOf(subnets("database")[0]))).toEqual(["Name"]);
  });

  it("has one NAT gateway per zone, used by that zone", () => {
    expect(stack.count("aws_nat_gateway")).toBe(3);
    for (const zone of [1, 2, 3]) {
      const gateway = stack.one("aws_nat_gateway", new RegExp(`nat-gateway-${zone}`));
      const route = stack.one("aws_route", new RegExp(`private-route-${zone}`));
      expect(
        references(gateway.subnet_id, stack.one("aws_subnet", new RegExp(`public-subnet-${zone}`))),
      ).toBe(true);
      expect(references(route.nat_gateway_id, gateway)).toBe(true);
    }
  });

  it("can share one NAT gateway, with a route per zone", () => {
    const { stack: single } = vpcWith({ natGateways: "single" });
    expect(single.count("aws_nat_gateway")).toBe(1);
    const gateway = single.one("aws_nat_gateway");
    const routes = single.resources("aws_route").filter(({ id }) => id.includes("private-route"));
    expect(routes).toHaveLength(3);
    expect(routes.every((route) => references(route.nat_gateway_id, gateway))).toBe(true);
  });

  it("isolates the database subnets by routes and network ACL", () => {
    const table = stack.one("aws_route_table", /database/);
    expect(table).toMatchObject({ route: [] });
    expect(stack.resources("aws_route").some((route) => references(route.route_table_id, table))).toBe(false);
    const associations = stack
      .resources("aws_route_table_association")
      .filter(({ id }) => id.includes("database"));
    expect(associations.every((association) => references(association.route_table_id, table))).toBe(true);
    const inside = { action: "allow", protocol: "-1", cidr_block: "10.20.0.0/16" };
    expect(stack.one("aws_network_acl", /database/)).toMatchObject({ ingress: [inside], egress: [inside] });
  });

  it("associates each subnet with the route table and network ACL of its tier", () => {
    expect(stack.count("aws_route_table_association")).toBe(9);
    const [database, workload] = stack.resources("aws_network_acl").map((acl) => acl.subnet_ids as string[]);
    expect(database).toHaveLength(3);
    expect(workload).toHaveLength(6);
  });

  it("empties the default security group, route table and network ACL", () => {
    expect(stack.one("aws_default_security_group")).toMatchObject({ ingress: [], egress: [] });
    expect(stack.one("aws_default_route_table")).toMatchObject({ route: [] });
    expect(stack.one("aws_default_network_acl")).not.toHaveProperty("ingress");
    expect(stack.one("aws_default_network_acl")).not.toHaveProperty("egress");
  });
});

describe("zoneCount", () => {
  it.each([1, 2, 3] as const)("%s: has one subnet per tier and zone", (zoneCount) => {
    const { vpc, stack } = vpcWith({ zoneCount });
    expect(stack.count("aws_subnet")).toBe(3 * zoneCount);
    expect(stack.count("aws_nat_gateway")).toBe(zoneCount);
    expect(vpc.zoneNames).toHaveLength(zoneCount);
  });

  it.each([0, 4])("rejects %s and names the construct", (zoneCount) => {
    const wrong: object = { zoneCount };
    expect(() => vpcWith(wrong)).toThrow(/test\/network: zoneCount is \d\. Use 1, 2 or 3/);
  });
});

describe("flow logs", () => {
  const { stack } = vpcWith();

  it("record all traffic each minute, encrypted, with the given retention", () => {
    expect(stack.one("aws_flow_log")).toMatchObject({ traffic_type: "ALL", max_aggregation_interval: 60 });
    expect(stack.one("aws_cloudwatch_log_group")).toMatchObject({
      name: "/notejam-dev/vpc-flow-logs",
      retention_in_days: 90,
      kms_key_id: KEY,
    });
  });

  it("use a role that only this account's flow logs can assume", () => {
    const role = stack.one("aws_iam_role");
    expect(role.name).toBe("notejam-dev-eu-west-1-flow-logs");
    const [trust] = statementsOf(role.assume_role_policy);
    expect(trust).toMatchObject({
      Principal: { Service: ["vpc-flow-logs.amazonaws.com"] },
      Condition: {
        StringEquals: { "aws:SourceAccount": expect.stringContaining("caller_identity") },
        ArnLike: { "aws:SourceArn": expect.stringMatching(/:ec2:eu-west-1:.*:vpc-flow-log\/\*$/) },
      },
    });
  });

  it("can write to their own log group only", () => {
    const group = stack.one("aws_cloudwatch_log_group");
    const statements = statementsOf(stack.one("aws_iam_role_policy").policy);
    const writing = statements.filter(({ Action }) => Action?.includes("logs:PutLogEvents"));
    expect(writing).toHaveLength(1);
    expect(writing[0]?.Resource?.every((resource) => references(resource, group))).toBe(true);
    expect(statements.flatMap(({ Resource }) => Resource)).not.toContain("*");
  });
});

describe("endpoints", () => {
  const { stack } = vpcWith();
  const endpoints = stack.resources("aws_vpc_endpoint");

  it("route S3 traffic of the private subnets", () => {
    const [gateway] = endpoints.filter((endpoint) => endpoint.vpc_endpoint_type === "Gateway");
    expect(gateway).toMatchObject({ service_name: "com.amazonaws.eu-west-1.s3" });
    expect(gateway?.route_table_ids).toEqual(
      [1, 2, 3].map((zone) => expect.stringContaining(`private-route-table-${zone}`)),
    );
  });

  it("include all services that nodes and pods use, with private DNS", () => {
    const interfaces = endpoints.filter((endpoint) => endpoint.vpc_endpoint_type === "Interface");
    const services = interfaces.map((endpoint) => String(endpoint.service_name).split(".eu-west-1.")[1]);
    expect(services.sort()).toEqual([
      "ec2",
      "ecr.api",
      "ecr.dkr",
      "eks-auth",
      "logs",
      "secretsmanager",
      "sts",
    ]);
    expect(interfaces.every((endpoint) => endpoint.private_dns_enabled === true)).toBe(true);
  });

  it("accept HTTPS from the VPC only", () => {
    expect(stack.resources("aws_vpc_security_group_ingress_rule")).toEqual([
      expect.objectContaining({
        ip_protocol: "tcp",
        from_port: 443,
        to_port: 443,
        cidr_ipv4: "10.20.0.0/16",
      }),
    ]);
  });

  it("are only the gateway endpoint by default", () => {
    const { stack: without } = vpcWith({ interfaceEndpoints: false });
    expect(without.count("aws_vpc_endpoint")).toBe(1);
    expect(without.count("aws_security_group")).toBe(0);
  });
});
