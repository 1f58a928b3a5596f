import type { S3BucketConfig } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import type { PolicyStatement } from "../core/iam-policy.js";
import { PrivateBucket } from "../core/private-bucket.js";
import { accessLogsBucketName } from "./names.js";

export interface AccessLogsProps {
  /** Prefix of the bucket's name, such as `notejam-dev-eu-west-1`. */
  readonly name: string;
  readonly account: AwsAccount;
  /** Days until logs expire. */
  readonly expireDays: number;
  /** Let Terraform delete the bucket with all logs. @default false */
  readonly forceDestroy?: boolean;
  /** Region of the bucket. Logs must be in the region of their source. @default account.region */
  readonly region?: string;
  /** Provider of that region. @default the stack's default AWS provider */
  readonly provider?: TerraformProvider;
  /** Arguments of the bucket that replace those of this construct. @default none */
  readonly overrides?: Partial<S3BucketConfig>;
}

/** Prefixes of the services. */
const ALB_PREFIX = "alb";
const S3_PREFIX = "s3";

/**
 * S3 bucket for access logs of load balancers and S3 buckets.
 *
 * Encrypted with SSE-S3, because both deliveries do not support customer managed keys. It has no access logs itself,
 * because each log would cause another one.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
 */
export class AccessLogs extends Construct {
  /**
   * Name of the bucket, as an attribute of its policy: resources that use it wait for the policy. AWS rejects access logs
   * for a bucket whose policy does not allow the delivery.
   */
  readonly bucketName: string;
  readonly bucketArn: string;
  /** Prefix for load balancers. */
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
      encryption: {
        sseS3Because: "Access log delivery of ALB and S3 does not support customer managed keys",
      },
      lifecycleRules: [expireAfter(props.expireDays)],
      policy: [
        this.allowLoadBalancers(bucketArn, props.region ?? props.account.region),
        this.allowBuckets(bucketArn),
      ],
      forceDestroy: props.forceDestroy,
      overrides: props.overrides,
      provider: props.provider,
    });
    this.bucketName = bucket.policy.bucket;
    this.bucketArn = bucket.arn;
  }

  /** Returns the target for the access logs of another bucket: `accessLogs: logs.forBucket("backup")`. */
  forBucket(use: string): { readonly bucketName: string; readonly prefix: string } {
    return { bucketName: this.bucketName, prefix: `${S3_PREFIX}/${use}/` };
  }

  /**
   * The path excludes other accounts, because the delivery writes below the id of the load balancer's account. `IfExists`,
   * because AWS does not guarantee the two condition keys in all regions.
   */
  private allowLoadBalancers(bucketArn: string, region: string): PolicyStatement {
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

  private allowBuckets(bucketArn: string): PolicyStatement {
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
    // Keeps deleted and overwritten logs for investigation.
    noncurrentVersionExpiration: [{ noncurrentDays: 30 }],
  };
}
