import { EcrLifecyclePolicy } from "@cdktf/provider-aws/lib/ecr-lifecycle-policy/index.js";
import { EcrRepository, type EcrRepositoryConfig } from "@cdktf/provider-aws/lib/ecr-repository/index.js";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { imageRepositoryName } from "./names.js";

export interface ContainerRegistryProps {
  /** Prefix of the repository `<name>-ecr-registry`. It must start with a prefix that the account replicates. */
  readonly name: string;
  readonly kmsKeyArn: string;
  /** Provider of the DR region, and the KMS key of the images there. */
  readonly replica: { readonly provider: TerraformProvider; readonly kmsKeyArn: string };
  /**
   * Number of images to keep. ECR expires the oldest ones first. Keep all images that may run or be rolled back to:
   * several builds per day are some hundreds per quarter.
   *
   * @default 300
   */
  readonly keepImages?: number;
  /** Let Terraform delete repositories with images. @default false */
  readonly forceDelete?: boolean;
  /** Arguments of the repository and its replica that replace those of this construct. @default none */
  readonly overrides?: Partial<EcrRepositoryConfig>;
}

const KEEP_IMAGES = 300;
const KEEP_UNTAGGED_DAYS = 7;

/**
 * ECR repository with immutable tags and a scan on push, and its replica in the DR region.
 *
 * The replication rule of the account copies the images (one rule per account and region, see `AccountBaseline`). This
 * construct creates the replica repository, because ECR would create it without key and lifecycle policy.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html
 */
export class ContainerRegistry extends Construct {
  readonly repositoryName: string;
  readonly repositoryArn: string;
  /** `<account>.dkr.ecr.<region>.<suffix>/<name>`, without a tag. */
  readonly repositoryUrl: string;
  readonly replicaRepositoryUrl: string;

  constructor(scope: Construct, id: string, props: ContainerRegistryProps) {
    super(scope, id);
    const keepImages = props.keepImages ?? KEEP_IMAGES;
    if (!Number.isInteger(keepImages) || keepImages < 1) {
      throw new Error(`${this.node.path}: keepImages is ${keepImages}. Use a whole number of 1 or more.`);
    }
    const repository = this.addRepository("repository", props, props.kmsKeyArn);
    this.addLifecycle("lifecycle", repository, keepImages);
    const { provider, kmsKeyArn } = props.replica;
    const replica = this.addRepository("replica", props, kmsKeyArn, provider);
    this.addLifecycle("replica-lifecycle", replica, keepImages, provider);

    this.repositoryName = repository.name;
    this.repositoryArn = repository.arn;
    this.repositoryUrl = repository.repositoryUrl;
    this.replicaRepositoryUrl = replica.repositoryUrl;
  }

  private addRepository(
    id: string,
    { name, forceDelete, overrides }: ContainerRegistryProps,
    kmsKey: string,
    provider?: TerraformProvider,
  ): EcrRepository {
    return new EcrRepository(this, id, {
      provider,
      name: imageRepositoryName(name),
      imageTagMutability: "IMMUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: [{ encryptionType: "KMS", kmsKey }],
      forceDelete: forceDelete ?? false,
      ...overrides,
    });
  }

  private addLifecycle(
    id: string,
    repository: EcrRepository,
    keepImages: number,
    provider?: TerraformProvider,
  ): void {
    new EcrLifecyclePolicy(this, id, {
      provider,
      repository: repository.name,
      policy: JSON.stringify({ rules: [expireUntagged(1), keepNewest(2, keepImages)] }),
    });
  }
}

/** Untagged images are left by promotions and failed builds. */
const expireUntagged = (rulePriority: number) => ({
  rulePriority,
  description: `Expire untagged images after ${KEEP_UNTAGGED_DAYS} days`,
  selection: {
    tagStatus: "untagged",
    countType: "sinceImagePushed",
    countUnit: "days",
    countNumber: KEEP_UNTAGGED_DAYS,
  },
  action: { type: "expire" },
});

const keepNewest = (rulePriority: number, keepImages: number) => ({
  rulePriority,
  description: `Keep the newest ${keepImages} images`,
  selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: keepImages },
  action: { type: "expire" },
});
