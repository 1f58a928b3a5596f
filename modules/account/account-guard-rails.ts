import { S3AccountPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-account-public-access-block/index.js";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import { AuditTrail } from "./audit-trail.js";
import { RegionGuardRails } from "./region-guard-rails.js";

export interface GuardedRegion {
  /** Such as `eu-west-1`; part of the state addresses. */
  readonly region: string;
  /** @default the stack's default AWS provider */
  readonly provider?: TerraformProvider;
  /** Regions to which every pushed image is copied. @default none */
  readonly replicateImagesTo?: readonly string[];
}

export interface AccountGuardRailsProps {
  /** What trail, key and bucket are called, such as `notejam-bootstrap`; at most 44 characters. */
  readonly name: string;
  readonly account: AwsAccount;
  /** Every region in which an environment stands or may be raised again. */
  readonly regions: readonly GuardedRegion[];
  /** What the names of our image repositories start with. @default "notejam-" */
  readonly imagePrefix?: string;
  /** Records of who did what. */
  readonly trail: { readonly retentionDays: number; readonly forceDestroy?: boolean };
}

/**
 * What holds for the whole account, whoever makes something in it: no public bucket, no unencrypted disk, no shared
 * snapshot, instance metadata by token only, images scanned and copied to the recovery region, and a record of every call.
 *
 * Singletons of account or region, so they belong to no environment. Left out, because they are bought per account or
 * kept by an organization's security account: GuardDuty, Security Hub, Config, Access Analyzer, service control policies.
 */
export class AccountGuardRails extends Construct {
  readonly trailArn: string;

  constructor(scope: Construct, id: string, props: AccountGuardRailsProps) {
    super(scope, id);
    this.refuseUnguardedDestinations(props.regions);
    new S3AccountPublicAccessBlock(this, "no-public-buckets", {
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    for (const { region, provider, replicateImagesTo } of props.regions) {
      new RegionGuardRails(this, `region-${region}`, {
        accountId: props.account.accountId,
        imagePrefix: props.imagePrefix ?? "notejam-",
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

  private refuseUnguardedDestinations(regions: readonly GuardedRegion[]): void {
    const guarded = new Set(regions.map(({ region }) => region));
    if (guarded.size < regions.length) {
      throw new Error(`${this.node.path}: regions names a region twice; give each one entry.`);
    }
    for (const { region, replicateImagesTo = [] } of regions) {
      const loose = replicateImagesTo.filter((to) => to === region || !guarded.has(to));
      if (loose.length === 0) continue;
      throw new Error(
        `${this.node.path}: images of ${region} cannot be replicated to ${loose.join(", ")}; ` +
          "name other regions that are themselves in the list of regions.",
      );
    }
  }
}
