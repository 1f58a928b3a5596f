import { EbsEncryptionByDefault } from "@cdktf/provider-aws/lib/ebs-encryption-by-default/index.js";
import { EbsSnapshotBlockPublicAccess } from "@cdktf/provider-aws/lib/ebs-snapshot-block-public-access/index.js";
import { Ec2InstanceMetadataDefaults } from "@cdktf/provider-aws/lib/ec2-instance-metadata-defaults/index.js";
import { EcrRegistryScanningConfiguration } from "@cdktf/provider-aws/lib/ecr-registry-scanning-configuration/index.js";
import { EcrReplicationConfiguration } from "@cdktf/provider-aws/lib/ecr-replication-configuration/index.js";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";

export interface RegionBaselineProps {
  /** Twelve digits. May be a token. */
  readonly accountId: string;
  /** Prefix of the image repositories to scan and replicate, such as `notejam-`. */
  readonly imagePrefix: string;
  /** Regions to which ECR replicates pushed images. @default none */
  readonly replicateImagesTo?: readonly string[];
  /** @default the stack's default AWS provider */
  readonly provider?: TerraformProvider;
}

/** Security settings that exist once per account and region. */
export class RegionBaseline extends Construct {
  constructor(scope: Construct, id: string, props: RegionBaselineProps) {
    super(scope, id);
    this.encryptVolumes(props);
    this.requireImdsV2(props);
    this.scanImages(props);
    if (props.replicateImagesTo?.length) this.replicateImages(props, props.replicateImagesTo);
  }

  private encryptVolumes({ provider }: RegionBaselineProps): void {
    new EbsEncryptionByDefault(this, "disk-encryption", { provider, enabled: true });
    new EbsSnapshotBlockPublicAccess(this, "private-snapshots", { provider, state: "block-all-sharing" });
  }

  /** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-IMDS-new-instances.html */
  private requireImdsV2({ provider }: RegionBaselineProps): void {
    new Ec2InstanceMetadataDefaults(this, "instance-metadata", {
      provider,
      httpTokens: "required",
      // Pods are one hop further than their node, so they cannot use its role.
      httpPutResponseHopLimit: 1,
    });
  }

  private scanImages({ imagePrefix, provider }: RegionBaselineProps): void {
    new EcrRegistryScanningConfiguration(this, "image-scanning", {
      provider,
      scanType: "BASIC",
      rule: [
        {
          scanFrequency: "SCAN_ON_PUSH",
          repositoryFilter: [{ filter: `${imagePrefix}*`, filterType: "WILDCARD" }],
        },
      ],
    });
  }

  private replicateImages(
    { accountId, imagePrefix, provider }: RegionBaselineProps,
    regions: readonly string[],
  ): void {
    new EcrReplicationConfiguration(this, "image-replication", {
      provider,
      replicationConfiguration: {
        rule: [
          {
            destination: regions.map((region) => ({ region, registryId: accountId })),
            repositoryFilter: [{ filter: imagePrefix, filterType: "PREFIX_MATCH" }],
          },
        ],
      },
    });
  }
}
