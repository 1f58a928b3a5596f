import { Lb, type LbConfig } from "@cdktf/provider-aws/lib/lb/index.js";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener/index.js";
import { Construct } from "constructs";

export interface ApplicationLoadBalancerProps {
  /** At most 32 letters, digits and hyphens, without a hyphen at the start or end. */
  readonly name: string;
  /** One subnet per zone. */
  readonly publicSubnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  /** EKS cluster whose AWS Load Balancer Controller adopts the load balancer. */
  readonly clusterName: string;
  /** ARN of an issued certificate for the host name. */
  readonly certificateArn: string;
  /** Bucket and prefix of the access logs. The bucket policy must already allow the delivery. */
  readonly accessLogs: { readonly bucketName: string; readonly prefix: string };
  /** Deletion protection. */
  readonly deletionProtection: boolean;
  /** Idle timeout of connections in seconds. It must be shorter than the application's keep-alive timeout. @default 60 */
  readonly idleTimeoutSeconds?: number;
  /** Arguments of the load balancer that replace those of this construct. @default none */
  readonly overrides?: Partial<LbConfig>;
}

/** Ingress group of the load balancer (`group.name` of the IngressClassParams). */
export const INGRESS_GROUP = "public";

/**
 * TLS policy: TLS 1.3, and 1.2 with forward secrecy. The IngressClassParams must use the same.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
 */
export const SSL_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06";

const HTTP_PORT = 80;
const HTTPS_PORT = 443;
const DEFAULT_IDLE_TIMEOUT_SECONDS = 60;
const MAX_NAME_LENGTH = 32;

/**
 * Application load balancer that Terraform creates and the AWS Load Balancer Controller adopts.
 *
 * Terraform creates it, so that the web ACL, the alarms and the access logs can refer to its ARN, and the VPC can be
 * destroyed. The controller finds it by three tags and manages its target groups and rules. Terraform and controller
 * both configure the load balancer and its two listeners and correct differences, so both configurations must be equal.
 * The cluster needs:
 *
 * - controller: `externalManagedTags` with the keys of the provider's default tags and `Name`. It removes other tags.
 * - IngressClassParams: `group.name: public`, `scheme: internet-facing`, `certificateArn`, `sslPolicy`,
 *   `sslRedirectPort: "443"`. No `tags`, and only attributes that are set here.
 * - each Ingress: `listen-ports: '[{"HTTP": 80}, {"HTTPS": 443}]'` (the controller deletes other listeners),
 *   `security-groups` with the group given here (otherwise the controller creates one and uses it), and no default
 *   backend (it would replace the 404).
 *
 * The web ACL in the IngressClassParams is optional. Without it the controller does not change the association.
 *
 * When the last Ingress of the group is deleted, the controller **disables deletion protection** and deletes the load
 * balancer. To prevent that, its IAM policy must not contain `elasticloadbalancing:DeleteLoadBalancer`.
 *
 * Source: controller 3.5.0, `pkg/deploy/elbv2` (matching, comparison, tags) and `pkg/ingress/model_build_*`.
 *
 * @see https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/
 */
export class ApplicationLoadBalancer extends Construct {
  readonly arn: string;
  /** Dimension `LoadBalancer` in CloudWatch, the end of the ARN: `app/notejam-dev/50dc6c495c0c9188`. */
  readonly arnSuffix: string;
  readonly dnsName: string;
  /** Hosted zone of `dnsName`, for alias records. */
  readonly zoneId: string;

  private readonly props: ApplicationLoadBalancerProps;

  constructor(scope: Construct, id: string, props: ApplicationLoadBalancerProps) {
    super(scope, id);
    this.props = props;
    this.validateName();
    const loadBalancer = this.addLoadBalancer();
    this.addRedirectListener(loadBalancer);
    this.addHttpsListener(loadBalancer);
    this.arn = loadBalancer.arn;
    this.arnSuffix = loadBalancer.arnSuffix;
    this.dnsName = loadBalancer.dnsName;
    this.zoneId = loadBalancer.zoneId;
  }

  private validateName(): void {
    const { name } = this.props;
    if (name.length > MAX_NAME_LENGTH) {
      throw new Error(
        `${this.node.path}: the load balancer's name "${name}" has ${name.length} characters. AWS allows ${MAX_NAME_LENGTH}. Use a shorter name.`,
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
      // Invalid headers are used for HTTP request smuggling.
      dropInvalidHeaderFields: true,
      desyncMitigationMode: "defensive",
      // Lets operators, or zonal autoshift, move traffic out of an impaired zone.
      enableZonalShift: true,
      accessLogs: { enabled: true, bucket: props.accessLogs.bucketName, prefix: props.accessLogs.prefix },
      tags: { Name: props.name, ...this.adoptionTags("LoadBalancer") },
      ...props.overrides,
    });
  }

  private addRedirectListener(loadBalancer: Lb): void {
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

  /** The controller adds the rules of the application. Requests for other hosts get a 404. */
  private addHttpsListener(loadBalancer: Lb): void {
    new LbListener(this, "https", {
      loadBalancerArn: loadBalancer.arn,
      port: HTTPS_PORT,
      protocol: "HTTPS",
      sslPolicy: SSL_POLICY,
      certificateArn: this.props.certificateArn,
      // Without a message body, like the controller.
      defaultAction: [
        { type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404" } },
      ],
      tags: this.adoptionTags(String(HTTPS_PORT)),
    });
  }

  /** Tags by which the controller finds its resources. A listener is named by its port. */
  private adoptionTags(resource: string): Record<string, string> {
    return {
      "elbv2.k8s.aws/cluster": this.props.clusterName,
      "ingress.k8s.aws/stack": INGRESS_GROUP,
      "ingress.k8s.aws/resource": resource,
    };
  }
}
