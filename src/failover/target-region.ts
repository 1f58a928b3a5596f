import { EC2Client } from "@aws-sdk/client-ec2";
import { ECRClient } from "@aws-sdk/client-ecr";
import { EKSClient } from "@aws-sdk/client-eks";
import { IAMClient } from "@aws-sdk/client-iam";
import { KMSClient } from "@aws-sdk/client-kms";
import { RDSClient } from "@aws-sdk/client-rds";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { STSClient } from "@aws-sdk/client-sts";

const CONNECT_MS = 5_000;
const ANSWER_MS = 20_000;

/**
 * AWS clients for the target region only, because the primary region may be unavailable. Credentials and endpoint come from
 * the variables and files of the AWS SDK.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export class TargetRegion {
  readonly ec2: EC2Client;
  readonly ecr: ECRClient;
  readonly eks: EKSClient;
  readonly iam: IAMClient;
  readonly kms: KMSClient;
  readonly quotas: ServiceQuotasClient;
  readonly rds: RDSClient;
  readonly s3: S3Client;
  readonly secrets: SecretsManagerClient;
  readonly sts: STSClient;
  readonly region: string;

  /** @param answerMs timeout of a call in milliseconds; each is tried three times */
  constructor(region: string, answerMs = ANSWER_MS) {
    this.region = region;
    const settings = {
      region,
      maxAttempts: 3,
      // Without throwOnRequestTimeout the SDK only warns, and waits forever for a silent region.
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        requestTimeout: answerMs,
        throwOnRequestTimeout: true,
      },
    };
    this.ec2 = new EC2Client(settings);
    this.ecr = new ECRClient(settings);
    this.eks = new EKSClient(settings);
    this.iam = new IAMClient(settings);
    this.kms = new KMSClient(settings);
    this.quotas = new ServiceQuotasClient(settings);
    this.rds = new RDSClient(settings);
    // An emulator has one address for all buckets; AWS supports both forms.
    this.s3 = new S3Client({ ...settings, forcePathStyle: process.env.AWS_ENDPOINT_URL !== undefined });
    this.secrets = new SecretsManagerClient(settings);
    this.sts = new STSClient(settings);
  }
}
