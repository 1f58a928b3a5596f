import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import { conditional, equals } from "../blocks/terraform-functions.js";

export interface VpcEndpointsProps {
  /** Base of the names, such as `notejam-dev`. */
  readonly name: string;
  readonly account: AwsAccount;
  readonly vpcId: string;
  /** The VPC's addresses, from which the interface endpoints are reached. */
  readonly cidr: string;
  /** One subnet per zone; interface endpoints get an address in each. */
  readonly subnetIds: readonly string[];
  /** The tables that learn the route to S3. */
  readonly routeTableIds: readonly string[];
  /** Whether there are interface endpoints beside the gateway to S3. */
  readonly interfaceEndpoints: boolean;
}

interface EndpointService {
  /** The service as AWS names it in endpoint names. */
  readonly service: string;
  /** Whether its name begins with `cn.` in the partition of China; there is no rule to it. */
  readonly prefixedInChina: boolean;
}

/**
 * What nodes and pods talk to in AWS: images, instances, credentials, logs, secrets.
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

/** Private ways to AWS: a gateway to S3 always, interface endpoints where the environment pays for them. */
export class VpcEndpoints extends Construct {
  readonly s3EndpointId: string;

  constructor(scope: Construct, id: string, props: VpcEndpointsProps) {
    super(scope, id);
    this.s3EndpointId = this.addGatewayToS3(props).id;
    if (props.interfaceEndpoints) this.addInterfaceEndpoints(props);
  }

  /** Free, and the way that image layers and backups take; the database's subnets have no use for it. */
  private addGatewayToS3({ name, account, vpcId, routeTableIds }: VpcEndpointsProps): VpcEndpoint {
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
      description: "HTTPS from everything in the VPC",
      ipProtocol: "tcp",
      fromPort: HTTPS,
      toPort: HTTPS,
      cidrIpv4: cidr,
      tags,
    });
    return securityGroup;
  }
}
