import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { ContainerRegistry } from "@notejam/constructs/ecr/container-registry";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Image repository with a replica in the DR region. */
export class RegistryStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    const provider = new AwsProvider(this, "aws-dr", { region: "eu-central-1", alias: "dr" });
    new ContainerRegistry(this, "registry", {
      name: "shop-prod",
      kmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      replica: {
        provider,
        kmsKeyArn: "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      },
      keepImages: 100,
    });
  }
}
