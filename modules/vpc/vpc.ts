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
import { Vpc as AwsVpc } from "@cdktf/provider-aws/lib/vpc/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import { at } from "../blocks/terraform-functions.js";
import { type FlowLogRetention, FlowLogs } from "./flow-logs.js";
import { planSubnets } from "./subnet-plan.js";
import { VpcEndpoints } from "./vpc-endpoints.js";

export interface VpcProps {
  /** Base of the regional names, such as `notejam-dev`. */
  readonly name: string;
  /** Base of the names that AWS keeps global (here: a role's), such as `notejam-dev-eu-west-1`. */
  readonly globalName: string;
  readonly account: AwsAccount;
  /** The VPC's addresses: a /16 to /20. Cannot be changed later without rebuilding the network. */
  readonly cidr: string;
  /** In how many availability zones each tier has a subnet; the first of the region in the order of their names. */
  readonly zoneCount: 3;
  /** `per-zone` survives the loss of a zone; `single` costs a third, and takes outgoing traffic down with its zone. */
  readonly natGateways: "per-zone" | "single";
  /** The cluster that may place load balancers here. */
  readonly clusterName: string;
  /** Where every connection, accepted or refused, is recorded. */
  readonly flowLogs: FlowLogRetention;
  /**
   * Reach ECR, EC2, STS, CloudWatch Logs, Secrets Manager and EKS Pod Identity without NAT and the internet. Costs
   * per endpoint, zone and hour; S3 has its (free) gateway endpoint either way.
   */
  readonly interfaceEndpoints: boolean;
}

type Tier = "public" | "private" | "database";

const ANYWHERE = "0.0.0.0/0";

/**
 * Zones that sell no EKS control-plane capacity, by region. Which zone name they hide behind differs between accounts, so
 * they are left out by id.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
 */
const ZONES_WITHOUT_EKS: Readonly<Record<string, string[]>> = {
  "ca-central-1": ["cac1-az3"],
  "us-east-1": ["use1-az3"],
};

/**
 * The network: public, private and database subnets over three zones.
 *
 * - **public**: load balancers and NAT gateways; routes to the internet both ways.
 * - **private**: nodes and pods; reach out through NAT, nobody reaches in.
 * - **database**: no route beyond the VPC, and a network ACL that says so once more.
 *
 * What AWS puts into every VPC (security group, network ACL, route table) is emptied, so that something placed
 * here without thought is unreachable instead of open.
 */
export class Vpc extends Construct {
  readonly vpcId: string;
  readonly cidr: string;
  /** The zone of each subnet, in the order of the subnets; known after the first apply. */
  readonly zoneNames: readonly string[];
  readonly publicSubnetIds: readonly string[];
  readonly privateSubnetIds: readonly string[];
  readonly databaseSubnetIds: readonly string[];
  readonly publicSubnetCidrs: readonly string[];
  readonly privateSubnetCidrs: readonly string[];
  readonly databaseSubnetCidrs: readonly string[];
  /** One, or one per zone. */
  readonly natGatewayIds: readonly string[];
  readonly s3EndpointId: string;

  private readonly props: VpcProps;
  private readonly vpc: AwsVpc;

  constructor(scope: Construct, id: string, props: VpcProps) {
    super(scope, id);
    this.props = props;
    const plan = planSubnets(props.cidr, props.zoneCount);
    this.vpc = new AwsVpc(this, "vpc", {
      cidrBlock: props.cidr,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: { Name: props.name },
    });
    this.emptyDefaults();

    const zones = this.findZones();
    const publicSubnets = this.addSubnets("public", plan.publicCidrs, zones);
    const privateSubnets = this.addSubnets("private", plan.privateCidrs, zones);
    const databaseSubnets = this.addSubnets("database", plan.databaseCidrs, zones);
    this.allowEverything([...publicSubnets, ...privateSubnets]);
    this.allowOnlyInside(databaseSubnets);

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

  /** Empty lists, not absent ones: only then does a plan show a rule or route that somebody added by hand. */
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
      // A subnet that loses its own ACL falls back to this one; that is no change to undo here.
      lifecycle: { ignoreChanges: ["subnet_ids"] },
    });
  }

  private findZones(): string[] {
    const { account, zoneCount } = this.props;
    const zones = new DataAwsAvailabilityZones(this, "zones", {
      state: "available",
      // Local and wavelength zones, which have to be opted into, hold neither EKS nor Aurora.
      filter: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
      excludeZoneIds: ZONES_WITHOUT_EKS[account.region],
      lifecycle: {
        postcondition: [
          {
            condition: `\${length(self.names) >= ${zoneCount}}`,
            errorMessage: `The account has fewer than ${zoneCount} usable availability zones in ${account.region}; the platform spreads over ${zoneCount}. Choose another region.`,
          },
        ],
      },
    });
    // Not element(), which wraps around when the list is too short.
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
          // A zone that AWS opens later may sort before ours; that must not rebuild the subnets.
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

  /** Security groups decide here: a stateless list cannot tell an answer from an attack. */
  private allowEverything(subnets: readonly Subnet[]): void {
    this.addNetworkAcl("workload", subnets, ANYWHERE);
  }

  /** Whatever route or security group may come: the database's subnets neither send to nor hear from outside. */
  private allowOnlyInside(subnets: readonly Subnet[]): void {
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
    const homes = this.props.natGateways === "single" ? publicSubnets.slice(0, 1) : publicSubnets;
    return homes.map((subnet, index) => {
      const tags = { Name: `${this.props.name}-nat-${index + 1}` };
      const address = new Eip(this, `nat-address-${index + 1}`, {
        domain: "vpc",
        tags,
        // An address cannot be taken while the VPC has no gateway, nor the gateway removed while one is in use.
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

  /** A table per zone even over a single NAT gateway, so that going from one to three rebuilds nothing. */
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

  /** Gives every subnet its table; where there are fewer tables than subnets they share the first. */
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
