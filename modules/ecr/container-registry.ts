import { EcrLifecyclePolicy } from "@cdktf/provider-aws/lib/ecr-lifecycle-policy/index.js";
import { EcrRepository } from "@cdktf/provider-aws/lib/ecr-repository/index.js";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { imageRepositoryName } from "./names.js";

export interface ContainerRegistryProps {
  /** The repository is called `<name>-ecr-registry`. It must start with a prefix that the account replicates. */
  readonly name: string;
  readonly kmsKeyArn: string;
  /** The recovery region and the key of the images there. */
  readonly replica: { readonly provider: TerraformProvider; readonly kmsKeyArn: string };
  /**
   * How many images are kept; the oldest go first. Must reach back further than any image that may still run or be
   * rolled back to: several builds a day make some hundreds in a quarter.
   * @default 300
   */
  readonly keepImages?: number;
  /** Let Terraform delete a repository that holds images. @default false */
  readonly forceDelete?: boolean;
}

const KEEP_IMAGES = 300;
const KEEP_UNTAGGED_DAYS = 7;

/**
 * The application's images: a tag, once pushed, means the same image for ever; each push is scanned.
 *
 * The repository of the same name in the recovery region is made here so that it has our key and lifecycle. What copies
 * images into it is the account's replication rule (one per account and region, see `AccountGuardRails`); where the
 * repository is missing, ECR makes one by itself, with neither.
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
      throw new Error(`${this.node.path}: keepImages is ${keepImages}; give a whole number of 1 or more.`);
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
    { name, forceDelete }: ContainerRegistryProps,
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

/** Images that lost their tag: left over from promotions and unfinished builds. */
const expireUntagged = (rulePriority: number) => ({
  rulePriority,
  description: `Untagged images go after ${KEEP_UNTAGGED_DAYS} days`,
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
  description: `The newest ${keepImages} images stay`,
  selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: keepImages },
  action: { type: "expire" },
});
