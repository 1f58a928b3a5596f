import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Construct } from "constructs";

export interface SecurityGroupsProps {
  /** Base of the groups' names, such as `notejam-dev`. */
  readonly name: string;
  readonly vpcId: string;
  /** Where the application's pods listen. @default 3000 */
  readonly appPort?: number;
  /** Where the database listens. @default 5432 */
  readonly databasePort?: number;
}

/** What both kinds of rule have in common: the other side and the port, or everything. */
interface RuleProps {
  readonly securityGroup: SecurityGroup;
  readonly description: string;
  /** @default every port and protocol */
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
 * Who may speak to whom: the internet to the load balancer, the load balancer to the pods, the pods to the database.
 *
 * Every rule is a resource of its own. Rules inside a group's resource cannot be told from those that somebody added
 * by hand, which is why such changes used to be ignored and went unseen.
 *
 * The health checks of the load balancer use the application's port too, so its way out is that port alone.
 */
export class SecurityGroups extends Construct {
  readonly albSecurityGroupId: string;
  /** For the nodes, beside the group that EKS makes itself; pods share their node's groups. */
  readonly workersSecurityGroupId: string;
  readonly databaseSecurityGroupId: string;

  private readonly props: SecurityGroupsProps;

  constructor(scope: Construct, id: string, props: SecurityGroupsProps) {
    super(scope, id);
    this.props = props;
    const alb = this.addGroup("alb", "Load balancer: HTTP and HTTPS from anywhere");
    const workers = this.addGroup("workers", "Nodes and pods: the application from the load balancer");
    const database = this.addGroup("database", "Database: PostgreSQL from nodes and pods");

    this.admitVisitors(alb);
    this.connectAlbToWorkers(alb, workers);
    this.connectWorkersToDatabase(workers, database);

    this.albSecurityGroupId = alb.id;
    this.workersSecurityGroupId = workers.id;
    this.databaseSecurityGroupId = database.id;
  }

  private admitVisitors(alb: SecurityGroup): void {
    const visitors = [
      { id: "alb-http-ipv4", port: HTTP, peer: ANY_IPV4, from: "any IPv4 address, to be sent on to HTTPS" },
      { id: "alb-http-ipv6", port: HTTP, peer: ANY_IPV6, from: "any IPv6 address, to be sent on to HTTPS" },
      { id: "alb-https-ipv4", port: HTTPS, peer: ANY_IPV4, from: "any IPv4 address" },
      { id: "alb-https-ipv6", port: HTTPS, peer: ANY_IPV6, from: "any IPv6 address" },
    ];
    for (const { id, port, peer, from } of visitors) {
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
      description: "Database, AWS services, image registries, mail; network policies narrow it per pod",
    });
    // No rule lets the database out: answers need none, and it has nothing to ask for.
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
      // Groups that name each other cannot be deleted before their rules are.
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
