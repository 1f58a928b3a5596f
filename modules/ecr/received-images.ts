import { DataAwsEcrRepository } from "@cdktf/provider-aws/lib/data-aws-ecr-repository/index.js";
import { Construct } from "constructs";

export interface ReceivedImagesProps {
  /** The repository's name in the region that the images come from, such as `notejam-prod-ecr-registry`. */
  readonly repositoryName: string;
}

/**
 * The images that another region's registry has sent here: what runs in a copy whose first region may not answer. The
 * repository was made with the first copy (`ContainerRegistry`'s replica) and is only found here; a plan says so when it is not.
 */
export class ReceivedImages extends Construct {
  readonly repositoryName: string;
  readonly repositoryArn: string;
  /** `<account>.dkr.ecr.<region>.<suffix>/<name>`, without a tag. */
  readonly repositoryUrl: string;

  constructor(scope: Construct, id: string, props: ReceivedImagesProps) {
    super(scope, id);
    const repository = new DataAwsEcrRepository(this, "repository", { name: props.repositoryName });
    this.repositoryName = props.repositoryName;
    this.repositoryArn = repository.arn;
    this.repositoryUrl = repository.repositoryUrl;
  }
}
