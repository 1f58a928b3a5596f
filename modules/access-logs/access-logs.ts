import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import type { PolicyStatement } from "../blocks/iam-policy.js";
import { PrivateBucket } from "../blocks/private-bucket.js";
import { accessLogsBucketName } from "./names.js";

export interface AccessLogsProps {
  /** Base of the bucket's name, with environment and region, such as `notejam-dev-eu-west-1`. */
  readonly name: string;
  readonly account: AwsAccount;
  /** Days after which a log is deleted. */
  readonly expireDays: number;
  /** Let Terraform delete the bucket with the logs in it. @default false */
  readonly forceDestroy?: boolean;
  /** The bucket's region, where it is not the account's: logs have to lie beside what they speak of. @default account.region */
  readonly region?: string;
  /** The provider of that region. @default the stack's default AWS provider */
  readonly provider?: TerraformProvider;
}

/** Under which prefixes the services may write. */
const ALB_PREFIX = "alb";
const S3_PREFIX = "s3";

/**
 * The bucket for who asked what of the load balancer and of the other buckets.
 *
 * It is encrypted with S3's own key: neither kind of delivery can write to a bucket with a customer key. It logs no
 * access to itself, which would make every entry the cause of another.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
 */
export class AccessLogs extends Construct {
  /**
   * The bucket's name, known once its policy is in place: AWS refuses to switch logging on for a bucket that does not
   * admit the delivery yet, and whatever uses this name waits for that by itself.
   */
  readonly bucketName: string;
  readonly bucketArn: string;
  /** Give this to a load balancer. */
  readonly albPrefix = ALB_PREFIX;

  private readonly account: AwsAccount;

  constructor(scope: Construct, id: string, props: AccessLogsProps) {
    super(scope, id);
    this.account = props.account;
    const { accountId, partition } = props.account;
    const name = accessLogsBucketName(props.name, accountId);
    const bucketArn = `arn:${partition}:s3:::${name}`;
    const bucket = new PrivateBucket(this, "bucket", {
      name,
      partition,
      encryption: { sseS3Because: "ALB and S3 deliver access logs only to buckets under S3's own key" },
      lifecycleRules: [expireAfter(props.expireDays)],
      policy: [
        this.admitLoadBalancers(bucketArn, props.region ?? props.account.region),
        this.admitBuckets(bucketArn),
      ],
      forceDestroy: props.forceDestroy,
      provider: props.provider,
    });
    this.bucketName = bucket.policy.bucket;
    this.bucketArn = bucket.arn;
  }

  /** Where the logs of another bucket go: `accessLogs: logs.forBucket("backup")`. */
  forBucket(use: string): { readonly bucketName: string; readonly prefix: string } {
    return { bucketName: this.bucketName, prefix: `${S3_PREFIX}/${use}/` };
  }

  /**
   * The path alone already keeps other accounts out, since the delivery writes under the id of the load balancer's
   * account. `IfExists`, because AWS does not promise the two keys in every region: where they come they must be right.
   */
  private admitLoadBalancers(bucketArn: string, region: string): PolicyStatement {
    const { accountId } = this.account;
    return {
      sid: "LoadBalancerLogs",
      principals: { Service: ["logdelivery.elasticloadbalancing.amazonaws.com"] },
      actions: ["s3:PutObject"],
      resources: [`${bucketArn}/${ALB_PREFIX}/AWSLogs/${accountId}/*`],
      conditions: {
        StringEqualsIfExists: { "aws:SourceAccount": accountId },
        ArnLikeIfExists: {
          "aws:SourceArn": this.account.arn("elasticloadbalancing", "loadbalancer/*", { region }),
        },
      },
    };
  }

  private admitBuckets(bucketArn: string): PolicyStatement {
    const { accountId, partition } = this.account;
    return {
      sid: "BucketLogs",
      principals: { Service: ["logging.s3.amazonaws.com"] },
      actions: ["s3:PutObject"],
      resources: [`${bucketArn}/${S3_PREFIX}/*`],
      conditions: {
        StringEquals: { "aws:SourceAccount": accountId },
        ArnLike: { "aws:SourceArn": `arn:${partition}:s3:::*` },
      },
    };
  }
}

function expireAfter(days: number) {
  return {
    id: "expire",
    status: "Enabled",
    filter: [{ prefix: "" }],
    expiration: [{ days }],
    // A deleted or overwritten log is a trace to look at, for a while.
    noncurrentVersionExpiration: [{ noncurrentDays: 30 }],
  };
}
