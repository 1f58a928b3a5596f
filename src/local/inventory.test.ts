import { describe, expect, it } from "vitest";
import { renderInventory, serviceOf, takeInventory } from "./inventory.js";

const resource = (type: string, ...attributes: Record<string, unknown>[]) => ({
  mode: "managed",
  type,
  name: "it",
  instances: attributes.map((each) => ({ attributes: each })),
});

const STATE = JSON.stringify({
  version: 4,
  outputs: { secret: { value: "hush", sensitive: true } },
  resources: [
    resource("aws_subnet", {}, {}, {}),
    resource("aws_vpc", { id: "vpc-1" }),
    resource("aws_rds_cluster", { endpoint: "writer.example", reader_endpoint: "", master_password: "hush" }),
    { ...resource("aws_region", { name: "eu-west-1" }), mode: "data" },
  ],
});

describe("the table of resources", () => {
  it("counts resources by service, largest first, without data sources", () => {
    expect(takeInventory("notejam-dev", STATE)).toMatchObject({
      services: [
        { service: "VPC", count: 4 },
        { service: "RDS", count: 1 },
      ],
      total: 5,
    });
  });

  it("shows important names and endpoints, and leaves out unknown ones", () => {
    expect(takeInventory("notejam-dev", STATE).landmarks).toEqual([
      { what: "VPC", value: "vpc-1" },
      { what: "Database, writer", value: "writer.example" },
    ]);
  });

  it("contains no control characters and no secret", () => {
    const table = renderInventory(takeInventory("notejam-dev", STATE));
    expect(table).toMatch(/notejam-dev\s+│ resources/);
    expect(table).toMatch(/total\s+│\s+5/);
    expect(table).not.toContain("\u001b");
    expect(table).not.toContain("hush");
  });

  it("rejects a state of an unknown version", () => {
    expect(() => takeInventory("notejam-dev", '{"version":5,"resources":[]}')).toThrow(/version/);
  });

  it.each([
    ["aws_cloudwatch_log_group", "CloudWatch Logs"],
    ["aws_cloudwatch_metric_alarm", "CloudWatch"],
    ["aws_route53_record", "Route 53"],
    ["aws_route_table", "VPC"],
    ["aws_vpc_security_group_ingress_rule", "VPC"],
    ["aws_backup_vault", "backup"],
  ])("places %s under %s", (type, service) => {
    expect(serviceOf(type)).toBe(service);
  });
});
