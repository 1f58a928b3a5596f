import { Lb } from "@cdktf/provider-aws/lib/lb/index.js";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener/index.js";
import { Construct } from "constructs";

export interface ApplicationLoadBalancerProps {
  /** At most 32 letters, digits and hyphens; not with a hyphen at either end. */
  readonly name: string;
  /** One subnet per zone. */
  readonly publicSubnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  /** The cluster whose AWS Load Balancer Controller adopts this load balancer. */
  readonly clusterName: string;
  /** A validated certificate for the site's host name. */
  readonly certificateArn: string;
  /** Where requests are logged; the bucket has to admit the delivery already. */
  readonly accessLogs: { readonly bucketName: string; readonly prefix: string };
  /** Refuse to be deleted, by Terraform and by people. */
  readonly deletionProtection: boolean;
  /** After how many seconds of silence a connection is closed; longer than the application's own keep-alive would be wrong. @default 60 */
  readonly idleTimeoutSeconds?: number;
}

/** The ingress group whose Ingresses this load balancer serves (`group.name` of the IngressClassParams). */
export const INGRESS_GROUP = "public";

/**
 * TLS 1.3, and 1.2 with forward secrecy only. The IngressClassParams must name the same.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
 */
export const SSL_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06";

const HTTP_PORT = 80;
const HTTPS_PORT = 443;
const DEFAULT_IDLE_TIMEOUT_SECONDS = 60;
const LONGEST_NAME = 32;

/**
 * The load balancer of the site, which Terraform makes and the AWS Load Balancer Controller adopts.
 *
 * Terraform makes it so that its ARN is known to the web ACL, the alarms and the access logs, and so that the VPC can
 * be deleted. The controller finds it by three tags and from then on keeps target groups and rules on it. Both sides
 * describe the load balancer and its two listeners, so both have to describe the same; the controller corrects whatever
 * differs from the Ingresses, at every reconciliation, and Terraform would correct it back. What the cluster's side
 * therefore says:
 *
 * - controller: `externalManagedTags` lists the keys of the provider's default tags and `Name`, or it removes them;
 * - IngressClassParams: `group.name: public`, `scheme: internet-facing`, `certificateArn`, `sslPolicy`,
 *   `sslRedirectPort: "443"`; no `tags`, and no attributes other than those here;
 * - every Ingress: `listen-ports: '[{"HTTP": 80}, {"HTTPS": 443}]'` (a listener on a port that no Ingress names is
 *   deleted), `security-groups` with the group given here (or the controller makes one of its own and swaps it in), and
 *   no default backend (it would replace the 404).
 *
 * The web ACL may be named in the IngressClassParams or left out; left out, the controller leaves the association alone.
 *
 * When the last Ingress of the group goes, the controller deletes the load balancer, **and switches deletion
 * protection off first**. Only its IAM policy can stop it: leave `elasticloadbalancing:DeleteLoadBalancer` out of it.
 *
 * Read from the controller, 3.5.0: `pkg/deploy/elbv2` (matching, comparison, tags) and `pkg/ingress/model_build_*`.
 *
 * @see https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/
 */
export class ApplicationLoadBalancer extends Construct {
  readonly arn: string;
  /** The end of the ARN, by which CloudWatch names the load balancer: `app/notejam-dev/50dc6c495c0c9188`. */
  readonly arnSuffix: string;
  readonly dnsName: string;
  /** The hosted zone of `dnsName`, for alias records. */
  readonly zoneId: string;

  private readonly props: ApplicationLoadBalancerProps;

  constructor(scope: Construct, id: string, props: ApplicationLoadBalancerProps) {
    super(scope, id);
    this.props = props;
    this.checkName();
    const loadBalancer = this.addLoadBalancer();
    this.addListenerThatRedirects(loadBalancer);
    this.addListenerThatServes(loadBalancer);
    this.arn = loadBalancer.arn;
    this.arnSuffix = loadBalancer.arnSuffix;
    this.dnsName = loadBalancer.dnsName;
    this.zoneId = loadBalancer.zoneId;
  }

  private checkName(): void {
    const { name } = this.props;
    if (name.length > LONGEST_NAME) {
      throw new Error(
        `${this.node.path}: the load balancer's name "${name}" has ${name.length} characters; AWS allows ${LONGEST_NAME}. Shorten the environment's name.`,
      );
    }
  }

  private addLoadBalancer(): Lb {
    const { props } = this;
    return new Lb(this, "load-balancer", {
      name: props.name,
      loadBalancerType: "application",
      internal: false,
      ipAddressType: "ipv4",
      subnets: [...props.publicSubnetIds],
      securityGroups: [...props.securityGroupIds],
      idleTimeout: props.idleTimeoutSeconds ?? DEFAULT_IDLE_TIMEOUT_SECONDS,
      enableDeletionProtection: props.deletionProtection,
      // Headers that break the grammar are how requests are smuggled past a proxy.
      dropInvalidHeaderFields: true,
      desyncMitigationMode: "defensive",
      // Lets people (or AWS, on its own) take a failing zone out of service.
      enableZonalShift: true,
      accessLogs: { enabled: true, bucket: props.accessLogs.bucketName, prefix: props.accessLogs.prefix },
      tags: { Name: props.name, ...this.adoptionTags("LoadBalancer") },
    });
  }

  private addListenerThatRedirects(loadBalancer: Lb): void {
    new LbListener(this, "http", {
      loadBalancerArn: loadBalancer.arn,
      port: HTTP_PORT,
      protocol: "HTTP",
      defaultAction: [
        {
          type: "redirect",
          redirect: { port: String(HTTPS_PORT), protocol: "HTTPS", statusCode: "HTTP_301" },
        },
      ],
      tags: this.adoptionTags(String(HTTP_PORT)),
    });
  }

  /** The application's rules are the controller's; a request for another host ends here. */
  private addListenerThatServes(loadBalancer: Lb): void {
    new LbListener(this, "https", {
      loadBalancerArn: loadBalancer.arn,
      port: HTTPS_PORT,
      protocol: "HTTPS",
      sslPolicy: SSL_POLICY,
      certificateArn: this.props.certificateArn,
      // Without a message, as the controller has it.
      defaultAction: [
        { type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404" } },
      ],
      tags: this.adoptionTags(String(HTTPS_PORT)),
    });
  }

  /** The controller's names for its own: the load balancer is called so, a listener by its port. */
  private adoptionTags(resource: string): Record<string, string> {
    return {
      "elbv2.k8s.aws/cluster": this.props.clusterName,
      "ingress.k8s.aws/stack": INGRESS_GROUP,
      "ingress.k8s.aws/resource": resource,
    };
  }
}
