import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Construct } from "constructs";

export interface SecurityGroupsProps {
  /** Prefix of the names, such as `notejam-dev`. */
  readonly name: string;
  readonly vpcId: string;
  /** Port of the application's pods. @default 3000 */
  readonly appPort?: number;
  /** Port of the database. @default 5432 */
  readonly databasePort?: number;
}

/** Properties of ingress and egress rules. */
interface RuleProps {
  readonly securityGroup: SecurityGroup;
  readonly description: string;
  /** @default all ports and protocols */
  readonly port?: number;
  readonly peer:
    | { readonly cidrIpv4: string }
    | { readonly cidrIpv6: string }
    | { readonly referencedSecurityGroupId: string };
}

const HTTP = 80;
const HTTPS = 443;
const DEFAULT_APP_PORT = 3000;
const DEFAULT_DATABASE_PORT = 5432;
const ANY_IPV4 = { cidrIpv4: "0.0.0.0/0" };
const ANY_IPV6 = { cidrIpv6: "::/0" };

/**
 * Security groups of load balancer, nodes and database: from the internet to the load balancer, from the load balancer
 * to the pods, from the pods to the database.
 *
 * Each rule is a separate resource, so that a plan shows manual changes.
 *
 * The load balancer uses the application's port also for health checks, so this is its only egress rule.
 */
export class SecurityGroups extends Construct {
  readonly albSecurityGroupId: string;
  /** For the nodes, in addition to the cluster security group of EKS. Pods use the groups of their node. */
  readonly workersSecurityGroupId: string;
  readonly databaseSecurityGroupId: string;

  private readonly props: SecurityGroupsProps;

  constructor(scope: Construct, id: string, props: SecurityGroupsProps) {
    super(scope, id);
    this.props = props;
    const alb = this.addGroup("alb", "Load balancer: HTTP and HTTPS from anywhere");
    const workers = this.addGroup("workers", "Nodes and pods: the application from the load balancer");
    const database = this.addGroup("database", "Database: PostgreSQL from nodes and pods");

    this.allowInternet(alb);
    this.connectAlbToWorkers(alb, workers);
    this.connectWorkersToDatabase(workers, database);

    this.albSecurityGroupId = alb.id;
    this.workersSecurityGroupId = workers.id;
    this.databaseSecurityGroupId = database.id;
  }

  private allowInternet(alb: SecurityGroup): void {
    const sources = [
      {
        id: "alb-http-ipv4",
        port: HTTP,
        peer: ANY_IPV4,
        from: "any IPv4 address, for the redirect to HTTPS",
      },
      {
        id: "alb-http-ipv6",
        port: HTTP,
        peer: ANY_IPV6,
        from: "any IPv6 address, for the redirect to HTTPS",
      },
      { id: "alb-https-ipv4", port: HTTPS, peer: ANY_IPV4, from: "any IPv4 address" },
      { id: "alb-https-ipv6", port: HTTPS, peer: ANY_IPV6, from: "any IPv6 address" },
    ];
    for (const { id, port, peer, from } of sources) {
      const protocol = port === HTTP ? "HTTP" : "HTTPS";
      this.allowIn(id, { securityGroup: alb, port, peer, description: `${protocol} from ${from}` });
    }
  }

  private connectAlbToWorkers(alb: SecurityGroup, workers: SecurityGroup): void {
    const port = this.props.appPort ?? DEFAULT_APP_PORT;
    this.allowOut("alb-to-workers", {
      securityGroup: alb,
      port,
      peer: { referencedSecurityGroupId: workers.id },
      description: "Requests and health checks to the application",
    });
    this.allowIn("workers-from-alb", {
      securityGroup: workers,
      port,
      peer: { referencedSecurityGroupId: alb.id },
      description: "Requests and health checks from the load balancer",
    });
  }

  private connectWorkersToDatabase(workers: SecurityGroup, database: SecurityGroup): void {
    const port = this.props.databasePort ?? DEFAULT_DATABASE_PORT;
    this.allowOut("workers-to-anywhere", {
      securityGroup: workers,
      peer: ANY_IPV4,
      description: "Database, AWS services, image registries, mail; network policies limit it per pod",
    });
    // The database needs no egress rule: responses are allowed, and it opens no connections.
    this.allowIn("database-from-workers", {
      securityGroup: database,
      port,
      peer: { referencedSecurityGroupId: workers.id },
      description: "PostgreSQL from nodes and pods",
    });
  }

  private addGroup(use: string, description: string): SecurityGroup {
    const name = `${this.props.name}-${use}`;
    return new SecurityGroup(this, use, {
      name,
      description,
      vpcId: this.props.vpcId,
      // Groups that refer to each other can be deleted only after their rules.
      revokeRulesOnDelete: true,
      tags: { Name: name },
    });
  }

  private allowIn(id: string, props: RuleProps): void {
    new VpcSecurityGroupIngressRule(this, id, toArguments(id, props));
  }

  private allowOut(id: string, props: RuleProps): void {
    new VpcSecurityGroupEgressRule(this, id, toArguments(id, props));
  }
}

function toArguments(id: string, { securityGroup, description, port, peer }: RuleProps) {
  return {
    securityGroupId: securityGroup.id,
    description,
    ipProtocol: port === undefined ? "-1" : "tcp",
    fromPort: port,
    toPort: port,
    ...peer,
    tags: { Name: id },
  };
}
