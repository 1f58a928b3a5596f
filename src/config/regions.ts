/** AWS partition of a region: the prefix of ARNs and the domain of service endpoints depend on it. */
export type Partition = "aws" | "aws-cn" | "aws-us-gov";

/** Default region of an environment. */
export const DEFAULT_REGION = "eu-west-1";

/**
 * Supported regions: each has EKS, Aurora PostgreSQL, AWS WAF (regional) and at least three availability zones for EKS.
 *
 * Check these sources before adding a region:
 * - EKS: https://docs.aws.amazon.com/general/latest/gr/eks.html
 * - Aurora PostgreSQL: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraFeaturesRegionsDBEngines.grids.html
 * - WAF: https://docs.aws.amazon.com/general/latest/gr/waf.html
 * - Zones: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
 * - China: https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Beijing.html
 * - GovCloud: https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/using-services.html
 */
const REGIONS_OF_PARTITION: Readonly<Record<Partition, readonly string[]>> = {
  aws: [
    "af-south-1",
    "ap-east-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-2",
  ],
  "aws-cn": ["cn-north-1", "cn-northwest-1"],
  "aws-us-gov": ["us-gov-east-1", "us-gov-west-1"],
};

/** Existing regions that are not supported, with the reason. */
const UNSUPPORTED_REGIONS: Readonly<Record<string, string>> = {
  "us-west-1": "has only two availability zones per account",
};

const PARTITION_OF_REGION: ReadonlyMap<string, Partition> = new Map(
  partitions().flatMap((partition) =>
    REGIONS_OF_PARTITION[partition].map((region): [string, Partition] => [region, partition]),
  ),
);

/** All supported regions, those of the commercial partition first. */
export const REGIONS: readonly string[] = [...PARTITION_OF_REGION.keys()];

function partitions(): Partition[] {
  return ["aws", "aws-cn", "aws-us-gov"];
}

/** Returns the partition of a supported region; undefined for any other string. */
export function partitionOf(region: string): Partition | undefined {
  return PARTITION_OF_REGION.get(region);
}

/** Returns the supported regions of a partition. */
export function regionsOf(partition: Partition): readonly string[] {
  return REGIONS_OF_PARTITION[partition];
}

/** Returns why an existing region is not supported; undefined for any other string. */
export function reasonRegionIsUnsupported(region: string): string | undefined {
  return UNSUPPORTED_REGIONS[region];
}
