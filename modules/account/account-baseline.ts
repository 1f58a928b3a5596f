import { S3AccountPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-account-public-access-block/index.js";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import { AuditTrail } from "./audit-trail.js";
import { RegionBaseline } from "./region-baseline.js";

export interface BaselineRegion {
  /** Region, such as `eu-west-1`. Part of the state addresses. */
  readonly region: string;
  /** @default the stack's default AWS provider */
  readonly provider?: TerraformProvider;
  /** Regions to which ECR replicates pushed images. @default none */
  readonly replicateImagesTo?: readonly string[];
}

export interface AccountBaselineProps {
  /** Prefix of trail, key and bucket names, such as `notejam-bootstrap`. At most 44 characters. */
  readonly name: string;
  readonly account: AwsAccount;
  /** All regions with resources, including DR regions. */
  readonly regions: readonly BaselineRegion[];
  /** Prefix of the image repositories to scan and replicate, such as `notejam-`. */
  readonly imagePrefix: string;
  /** CloudTrail records: retention in days, and whether Terraform may delete the bucket with them. */
  readonly trail: { readonly retentionDays: number; readonly forceDestroy?: boolean };
}

/**
 * Security baseline of an AWS account: no public buckets, encrypted EBS volumes, private snapshots, IMDSv2, image scans
 * and replication, and a CloudTrail trail.
 *
 * These settings exist once per account or region, so they belong to no environment. Not included, because an
 * organization usually manages them centrally: GuardDuty, Security Hub, Config, Access Analyzer, service control policies.
 */
export class AccountBaseline extends Construct {
  readonly trailArn: string;

  constructor(scope: Construct, id: string, props: AccountBaselineProps) {
    super(scope, id);
    this.validateRegions(props.regions);
    new S3AccountPublicAccessBlock(this, "no-public-buckets", {
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    for (const { region, provider, replicateImagesTo } of props.regions) {
      new RegionBaseline(this, `region-${region}`, {
        accountId: props.account.accountId,
        imagePrefix: props.imagePrefix,
        provider,
        replicateImagesTo,
      });
    }
    this.trailArn = new AuditTrail(this, "audit", {
      name: props.name,
      account: props.account,
      ...props.trail,
    }).trailArn;
  }

  private validateRegions(regions: readonly BaselineRegion[]): void {
    const known = new Set(regions.map(({ region }) => region));
    if (known.size < regions.length) {
      throw new Error(`${this.node.path}: regions contains a region twice. Use one entry per region.`);
    }
    for (const { region, replicateImagesTo = [] } of regions) {
      const unknown = replicateImagesTo.filter((to) => to === region || !known.has(to));
      if (unknown.length === 0) continue;
      throw new Error(
        `${this.node.path}: images of ${region} cannot be replicated to ${unknown.join(", ")}. ` +
          "Use other regions of the list.",
      );
    }
  }
}
