import { EbsEncryptionByDefault } from "@cdktf/provider-aws/lib/ebs-encryption-by-default/index.js";
import { EbsSnapshotBlockPublicAccess } from "@cdktf/provider-aws/lib/ebs-snapshot-block-public-access/index.js";
import { Ec2InstanceMetadataDefaults } from "@cdktf/provider-aws/lib/ec2-instance-metadata-defaults/index.js";
import { EcrRegistryScanningConfiguration } from "@cdktf/provider-aws/lib/ecr-registry-scanning-configuration/index.js";
import { EcrReplicationConfiguration } from "@cdktf/provider-aws/lib/ecr-replication-configuration/index.js";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";

export interface RegionGuardRailsProps {
  /** Twelve digits; may be a token. */
  readonly accountId: string;
  /** What the names of our image repositories start with, such as `notejam-`. */
  readonly imagePrefix: string;
  /** Regions to which every pushed image is copied. @default none */
  readonly replicateImagesTo?: readonly string[];
  /** @default the stack's default AWS provider */
  readonly provider?: TerraformProvider;
}

/** Settings that an account has once per region, and that hold for whatever anybody makes there later. */
export class RegionGuardRails extends Construct {
  constructor(scope: Construct, id: string, props: RegionGuardRailsProps) {
    super(scope, id);
    this.encryptDisks(props);
    this.demandTokensForInstanceMetadata(props);
    this.scanImages(props);
    if (props.replicateImagesTo?.length) this.replicateImages(props, props.replicateImagesTo);
  }

  private encryptDisks({ provider }: RegionGuardRailsProps): void {
    new EbsEncryptionByDefault(this, "disk-encryption", { provider, enabled: true });
    new EbsSnapshotBlockPublicAccess(this, "private-snapshots", { provider, state: "block-all-sharing" });
  }

  /** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-IMDS-new-instances.html */
  private demandTokensForInstanceMetadata({ provider }: RegionGuardRailsProps): void {
    new Ec2InstanceMetadataDefaults(this, "instance-metadata", {
      provider,
      httpTokens: "required",
      // Pods are one hop further than their node: they are not to take its role.
      httpPutResponseHopLimit: 1,
    });
  }

  private scanImages({ imagePrefix, provider }: RegionGuardRailsProps): void {
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
    { accountId, imagePrefix, provider }: RegionGuardRailsProps,
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
