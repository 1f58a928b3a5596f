import { DataAwsEcrRepository } from "@cdktf/provider-aws/lib/data-aws-ecr-repository/index.js";
import { Construct } from "constructs";

export interface ReplicatedRepositoryProps {
  /** Name of the repository in both regions, such as `notejam-prod-ecr-registry`. */
  readonly repositoryName: string;
}

/**
 * Existing image repository that another region replicates to: the replica of a `ContainerRegistry` in the primary region.
 * A plan fails if it does not exist.
 */
export class ReplicatedRepository extends Construct {
  readonly repositoryName: string;
  readonly repositoryArn: string;
  /** `<account>.dkr.ecr.<region>.<suffix>/<name>`, without a tag. */
  readonly repositoryUrl: string;

  constructor(scope: Construct, id: string, props: ReplicatedRepositoryProps) {
    super(scope, id);
    const repository = new DataAwsEcrRepository(this, "repository", { name: props.repositoryName });
    this.repositoryName = props.repositoryName;
    this.repositoryArn = repository.arn;
    this.repositoryUrl = repository.repositoryUrl;
  }
}
