import { DataAwsAvailabilityZones } from "@cdktf/provider-aws/lib/data-aws-availability-zones/index.js";
import { DefaultNetworkAcl } from "@cdktf/provider-aws/lib/default-network-acl/index.js";
import { DefaultRouteTable } from "@cdktf/provider-aws/lib/default-route-table/index.js";
import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group/index.js";
import { Eip } from "@cdktf/provider-aws/lib/eip/index.js";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway/index.js";
import { NatGateway } from "@cdktf/provider-aws/lib/nat-gateway/index.js";
import { NetworkAcl } from "@cdktf/provider-aws/lib/network-acl/index.js";
import { Route } from "@cdktf/provider-aws/lib/route/index.js";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table/index.js";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association/index.js";
import { Subnet } from "@cdktf/provider-aws/lib/subnet/index.js";
import { Vpc as AwsVpc, type VpcConfig } from "@cdktf/provider-aws/lib/vpc/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import { at } from "../core/terraform-functions.js";
import { type FlowLogRetention, FlowLogs } from "./flow-logs.js";
import { planSubnets, type SubnetPlan, type ZoneCount } from "./subnet-plan.js";
import { VpcEndpoints } from "./vpc-endpoints.js";

export interface VpcProps {
  /** Prefix of the names, such as `notejam-dev`. */
  readonly name: string;
  /** Prefix of global names (IAM role), such as `notejam-dev-eu-west-1`. */
  readonly globalName: string;
  readonly account: AwsAccount;
  /** CIDR block of the VPC, /16 to /20. A change replaces the network. */
  readonly cidr: string;
  /** Number of availability zones, with one subnet per tier in each: the first ones of the region by name. 1, 2 or 3. */
  readonly zoneCount: ZoneCount;
  /** `per-zone`: outgoing traffic survives the failure of a zone. `single`: cheaper, fails with its zone. */
  readonly natGateways: "per-zone" | "single";
  /** EKS cluster whose controllers may create load balancers in the subnets. */
  readonly clusterName: string;
  /** Retention and key of the flow logs. */
  readonly flowLogs: FlowLogRetention;
  /**
   * Interface endpoints for ECR, EC2, STS, CloudWatch Logs, Secrets Manager and EKS Pod Identity, so that traffic to them
   * does not use NAT. AWS charges per endpoint, zone and hour. The gateway endpoint for S3 is free and always exists.
   */
  readonly interfaceEndpoints: boolean;
  /** Arguments of the VPC that replace those of this construct. @default none */
  readonly overrides?: Partial<VpcConfig>;
}

type Tier = "public" | "private" | "database";

const ANYWHERE = "0.0.0.0/0";

/**
 * Zones without EKS control planes, by region. Excluded by zone id, because zone names differ between accounts.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
 */
const ZONES_WITHOUT_EKS: Readonly<Record<string, string[]>> = {
  "ca-central-1": ["cac1-az3"],
  "us-east-1": ["use1-az3"],
};

/**
 * VPC with public, private and database subnets in one to three availability zones.
 *
 * - **public**: load balancers and NAT gateways, with a route to the internet gateway.
 * - **private**: nodes and pods, with a route to NAT for outgoing traffic.
 * - **database**: no route out of the VPC, and a network ACL that allows the VPC only.
 *
 * The default security group, network ACL and route table are empty, so resources that use them by mistake are not
 * reachable.
 */
export class Vpc extends Construct {
  readonly vpcId: string;
  readonly cidr: string;
  /** Zone of each subnet, in the order of the subnets. Known after the first apply. */
  readonly zoneNames: readonly string[];
  readonly publicSubnetIds: readonly string[];
  readonly privateSubnetIds: readonly string[];
  readonly databaseSubnetIds: readonly string[];
  readonly publicSubnetCidrs: readonly string[];
  readonly privateSubnetCidrs: readonly string[];
  readonly databaseSubnetCidrs: readonly string[];
  /** One id, or one per zone. */
  readonly natGatewayIds: readonly string[];
  readonly s3EndpointId: string;

  private readonly props: VpcProps;
  private readonly vpc: AwsVpc;

  constructor(scope: Construct, id: string, props: VpcProps) {
    super(scope, id);
    this.props = props;
    const plan = this.planSubnets();
    this.vpc = new AwsVpc(this, "vpc", {
      cidrBlock: props.cidr,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: { Name: props.name },
      ...props.overrides,
    });
    this.emptyDefaults();

    const zones = this.findZones();
    const publicSubnets = this.addSubnets("public", plan.publicCidrs, zones);
    const privateSubnets = this.addSubnets("private", plan.privateCidrs, zones);
    const databaseSubnets = this.addSubnets("database", plan.databaseCidrs, zones);
    this.allowAllTraffic([...publicSubnets, ...privateSubnets]);
    this.allowOnlyVpcTraffic(databaseSubnets);

    const gateway = this.routePublicSubnets(publicSubnets);
    const natGateways = this.addNatGateways(publicSubnets, gateway);
    const privateTables = this.routePrivateSubnets(privateSubnets, natGateways);
    this.isolate(databaseSubnets);

    new FlowLogs(this, "flow-logs", { ...props, vpcId: this.vpc.id, retention: props.flowLogs });
    const endpoints = new VpcEndpoints(this, "endpoints", {
      ...props,
      vpcId: this.vpc.id,
      subnetIds: idsOf(privateSubnets),
      routeTableIds: idsOf(privateTables),
    });

    this.vpcId = this.vpc.id;
    this.cidr = props.cidr;
    this.zoneNames = privateSubnets.map((subnet) => subnet.availabilityZone);
    this.publicSubnetIds = idsOf(publicSubnets);
    this.privateSubnetIds = idsOf(privateSubnets);
    this.databaseSubnetIds = idsOf(databaseSubnets);
    this.publicSubnetCidrs = plan.publicCidrs;
    this.privateSubnetCidrs = plan.privateCidrs;
    this.databaseSubnetCidrs = plan.databaseCidrs;
    this.natGatewayIds = idsOf(natGateways);
    this.s3EndpointId = endpoints.s3EndpointId;
  }

  private planSubnets(): SubnetPlan {
    const { cidr, zoneCount } = this.props;
    try {
      return planSubnets(cidr, zoneCount);
    } catch (error) {
      throw new Error(`${this.node.path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Empty lists instead of absent ones, so that a plan shows rules and routes that were added manually. */
  private emptyDefaults(): void {
    const { name } = this.props;
    const securityGroup = new DefaultSecurityGroup(this, "default-security-group", {
      vpcId: this.vpc.id,
      tags: { Name: `${name}-default-empty` },
    });
    securityGroup.addOverride("ingress", []);
    securityGroup.addOverride("egress", []);
    const routeTable = new DefaultRouteTable(this, "default-route-table", {
      defaultRouteTableId: this.vpc.defaultRouteTableId,
      tags: { Name: `${name}-default-empty` },
    });
    routeTable.addOverride("route", []);
    new DefaultNetworkAcl(this, "default-network-acl", {
      defaultNetworkAclId: this.vpc.defaultNetworkAclId,
      tags: { Name: `${name}-default-empty` },
      // AWS associates a subnet that loses its ACL with this one. Terraform must not undo that.
      lifecycle: { ignoreChanges: ["subnet_ids"] },
    });
  }

  private findZones(): string[] {
    const { account, zoneCount } = this.props;
    const zones = new DataAwsAvailabilityZones(this, "zones", {
      state: "available",
      // Excludes local and wavelength zones, which offer neither EKS nor Aurora.
      filter: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
      excludeZoneIds: ZONES_WITHOUT_EKS[account.region],
      lifecycle: {
        postcondition: [
          {
            condition: `\${length(self.names) >= ${zoneCount}}`,
            errorMessage: `The account has fewer than ${zoneCount} usable availability zones in ${account.region}. Choose another region.`,
          },
        ],
      },
    });
    // at() instead of element(), which wraps around at the end of the list.
    return Array.from({ length: zoneCount }, (_, zone) => at(zones.names, zone));
  }

  private addSubnets(tier: Tier, cidrs: readonly string[], zones: readonly string[]): Subnet[] {
    return cidrs.map(
      (cidrBlock, index) =>
        new Subnet(this, `${tier}-subnet-${index + 1}`, {
          vpcId: this.vpc.id,
          cidrBlock,
          availabilityZone: zones[index],
          mapPublicIpOnLaunch: false,
          tags: { Name: `${this.props.name}-${tier}-${index + 1}`, ...this.discoveryTags(tier) },
          // A new zone of the region may change the order of the names. That must not replace subnets.
          lifecycle: { ignoreChanges: ["availability_zone"] },
        }),
    );
  }

  /** @see https://docs.aws.amazon.com/eks/latest/userguide/network-load-balancing.html (subnet discovery) */
  private discoveryTags(tier: Tier): Record<string, string> {
    if (tier === "database") return {};
    return {
      [tier === "public" ? "kubernetes.io/role/elb" : "kubernetes.io/role/internal-elb"]: "1",
      [`kubernetes.io/cluster/${this.props.clusterName}`]: "shared",
    };
  }

  /** Security groups filter the traffic. Stateless network ACLs cannot recognize responses. */
  private allowAllTraffic(subnets: readonly Subnet[]): void {
    this.addNetworkAcl("workload", subnets, ANYWHERE);
  }

  /** Limits the database subnets to traffic inside the VPC, independent of routes and security groups. */
  private allowOnlyVpcTraffic(subnets: readonly Subnet[]): void {
    this.addNetworkAcl("database", subnets, this.props.cidr);
  }

  private addNetworkAcl(use: string, subnets: readonly Subnet[], cidrBlock: string): void {
    const everyPort = { ruleNo: 100, action: "allow", protocol: "-1", fromPort: 0, toPort: 0, cidrBlock };
    new NetworkAcl(this, `${use}-network-acl`, {
      vpcId: this.vpc.id,
      subnetIds: idsOf(subnets),
      ingress: [everyPort],
      egress: [everyPort],
      tags: { Name: `${this.props.name}-${use}` },
    });
  }

  private routePublicSubnets(subnets: readonly Subnet[]): InternetGateway {
    const gateway = new InternetGateway(this, "internet-gateway", {
      vpcId: this.vpc.id,
      tags: { Name: this.props.name },
    });
    const table = this.addRouteTable("public");
    new Route(this, "public-route", {
      routeTableId: table.id,
      destinationCidrBlock: ANYWHERE,
      gatewayId: gateway.id,
    });
    this.associate("public", subnets, [table]);
    return gateway;
  }

  private addNatGateways(publicSubnets: readonly Subnet[], gateway: InternetGateway): NatGateway[] {
    const subnets = this.props.natGateways === "single" ? publicSubnets.slice(0, 1) : publicSubnets;
    return subnets.map((subnet, index) => {
      const tags = { Name: `${this.props.name}-nat-${index + 1}` };
      const address = new Eip(this, `nat-address-${index + 1}`, {
        domain: "vpc",
        tags,
        // AWS requires the internet gateway for the lifetime of the address.
        dependsOn: [gateway],
      });
      return new NatGateway(this, `nat-gateway-${index + 1}`, {
        allocationId: address.id,
        subnetId: subnet.id,
        tags,
        dependsOn: [gateway],
      });
    });
  }

  /** One table per zone, also with a single NAT gateway, so that more gateways replace no tables. */
  private routePrivateSubnets(subnets: readonly Subnet[], natGateways: readonly NatGateway[]): RouteTable[] {
    const tables = subnets.map((_, index) => this.addRouteTable("private", index));
    tables.forEach((table, index) => {
      const natGateway = natGateways[index % natGateways.length];
      new Route(this, `private-route-${index + 1}`, {
        routeTableId: table.id,
        destinationCidrBlock: ANYWHERE,
        natGatewayId: natGateway?.id,
      });
    });
    this.associate("private", subnets, tables);
    return tables;
  }

  private isolate(subnets: readonly Subnet[]): void {
    const table = this.addRouteTable("database");
    table.addOverride("route", []);
    this.associate("database", subnets, [table]);
  }

  private addRouteTable(tier: Tier, index?: number): RouteTable {
    const suffix = index === undefined ? "" : `-${index + 1}`;
    return new RouteTable(this, `${tier}-route-table${suffix}`, {
      vpcId: this.vpc.id,
      tags: { Name: `${this.props.name}-${tier}${suffix}` },
    });
  }

  /** Associates each subnet with its table, or with the first table if there is only one. */
  private associate(tier: Tier, subnets: readonly Subnet[], tables: readonly RouteTable[]): void {
    subnets.forEach((subnet, index) => {
      const table = tables[index] ?? tables[0];
      if (!table) return;
      new RouteTableAssociation(this, `${tier}-association-${index + 1}`, {
        subnetId: subnet.id,
        routeTableId: table.id,
      });
    });
  }
}

function idsOf(resources: readonly { readonly id: string }[]): string[] {
  return resources.map((resource) => resource.id);
}
