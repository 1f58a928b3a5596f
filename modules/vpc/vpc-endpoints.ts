import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import { conditional, equals } from "../core/terraform-functions.js";

export interface VpcEndpointsProps {
  /** Prefix of the names, such as `notejam-dev`. */
  readonly name: string;
  readonly account: AwsAccount;
  readonly vpcId: string;
  /** CIDR block of the VPC, which may connect to the interface endpoints. */
  readonly cidr: string;
  /** One subnet per zone, for the network interfaces of the endpoints. */
  readonly subnetIds: readonly string[];
  /** Route tables that get the route to S3. */
  readonly routeTableIds: readonly string[];
  /** Create interface endpoints in addition to the gateway endpoint for S3. */
  readonly interfaceEndpoints: boolean;
}

interface EndpointService {
  /** Service as in endpoint names. */
  readonly service: string;
  /** True if the endpoint name starts with `cn.` in the partition `aws-cn`, which differs by service. */
  readonly prefixedInChina: boolean;
}

/**
 * AWS services that nodes and pods use.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
 */
const SERVICES: readonly EndpointService[] = [
  { service: "ecr.api", prefixedInChina: true },
  { service: "ecr.dkr", prefixedInChina: true },
  { service: "ec2", prefixedInChina: true },
  { service: "sts", prefixedInChina: true },
  { service: "logs", prefixedInChina: false },
  { service: "secretsmanager", prefixedInChina: false },
  { service: "eks-auth", prefixedInChina: true },
];

const HTTPS = 443;

/** VPC endpoints of AWS services: a gateway endpoint for S3, and optional interface endpoints. */
export class VpcEndpoints extends Construct {
  readonly s3EndpointId: string;

  constructor(scope: Construct, id: string, props: VpcEndpointsProps) {
    super(scope, id);
    this.s3EndpointId = this.addS3Gateway(props).id;
    if (props.interfaceEndpoints) this.addInterfaceEndpoints(props);
  }

  /** Free of charge. Image layers and backups use it. */
  private addS3Gateway({ name, account, vpcId, routeTableIds }: VpcEndpointsProps): VpcEndpoint {
    return new VpcEndpoint(this, "s3", {
      vpcId,
      vpcEndpointType: "Gateway",
      serviceName: `com.amazonaws.${account.region}.s3`,
      routeTableIds: [...routeTableIds],
      tags: { Name: `${name}-s3` },
    });
  }

  private addInterfaceEndpoints(props: VpcEndpointsProps): void {
    const securityGroup = this.addSecurityGroup(props);
    for (const { service, prefixedInChina } of SERVICES) {
      const shortName = service.replace(".", "-");
      new VpcEndpoint(this, shortName, {
        vpcId: props.vpcId,
        vpcEndpointType: "Interface",
        serviceName: `${this.prefix(props.account, prefixedInChina)}.${props.account.region}.${service}`,
        subnetIds: [...props.subnetIds],
        securityGroupIds: [securityGroup.id],
        privateDnsEnabled: true,
        tags: { Name: `${props.name}-${shortName}` },
      });
    }
  }

  private prefix(account: AwsAccount, prefixedInChina: boolean): string {
    if (!prefixedInChina) return "com.amazonaws";
    return conditional(equals(account.partition, "aws-cn"), "cn.com.amazonaws", "com.amazonaws");
  }

  private addSecurityGroup({ name, vpcId, cidr }: VpcEndpointsProps): SecurityGroup {
    const tags = { Name: `${name}-endpoints` };
    const securityGroup = new SecurityGroup(this, "security-group", {
      name: `${name}-endpoints`,
      description: "Interface endpoints of AWS services",
      vpcId,
      tags,
    });
    new VpcSecurityGroupIngressRule(this, "from-vpc", {
      securityGroupId: securityGroup.id,
      description: "HTTPS from the VPC",
      ipProtocol: "tcp",
      fromPort: HTTPS,
      toPort: HTTPS,
      cidrIpv4: cidr,
      tags,
    });
    return securityGroup;
  }
}
