import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { Dashboard, logTable } from "./dashboard.js";

const stack = synthesize((scope) => {
  new Dashboard(scope, "dashboard", {
    name: "notejam-dev-eu-west-1",
    region: "eu-west-1",
    alarmArns: ["alarm-impaired", "alarm-cpu"],
    loadBalancer: { arnSuffix: "app/notejam-dev/50dc" },
    database: { clusterIdentifier: "notejam-dev-database" },
    cluster: { name: "notejam-dev-cluster" },
    webAcl: { name: "notejam-dev-acl" },
    furtherRows: [[logTable("eu-west-1", "Errors", ["SOURCE 'group'", "limit 50"])]],
  });
});
const dashboard = stack.one("aws_cloudwatch_dashboard");

interface PlacedWidget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: { readonly region?: string; readonly alarms?: string[]; readonly query?: string };
}
const widgets: PlacedWidget[] = JSON.parse(String(dashboard.dashboard_body)).widgets;

describe("Dashboard", () => {
  it("has the given name", () => {
    expect(dashboard.dashboard_name).toBe("notejam-dev-eu-west-1");
  });

  it("shows the alarms first", () => {
    expect(widgets[0]).toMatchObject({
      type: "alarm",
      y: 0,
      properties: { alarms: ["alarm-impaired", "alarm-cpu"] },
    });
  });

  it("shows load balancer, database, cluster and web ACL of the environment", () => {
    const body = String(dashboard.dashboard_body);
    for (const dimension of [
      ["LoadBalancer", "app/notejam-dev/50dc"],
      ["DBClusterIdentifier", "notejam-dev-database"],
      ["ClusterName", "notejam-dev-cluster"],
      ["WebACL", "notejam-dev-acl"],
    ])
      expect(body).toContain(dimension.map((part) => JSON.stringify(part)).join(","));
  });

  it("reads metrics in the given region", () => {
    for (const { type, properties } of widgets.filter((widget) => widget.type !== "alarm"))
      expect([type, properties.region]).toEqual([type, "eu-west-1"]);
  });

  it("shows further rows last", () => {
    const last = widgets.at(-1);
    expect(last).toMatchObject({ type: "log", x: 0, width: 24 });
    expect(last?.properties.query).toBe("SOURCE 'group' | limit 50");
  });

  it("fits CloudWatch's 24 columns, and no widget covers another", () => {
    for (const { x, width } of widgets) expect(x + width).toBeLessThanOrEqual(24);
    const cells = widgets.flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, n) => `${x + (n % width)},${y + Math.floor(n / width)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});
