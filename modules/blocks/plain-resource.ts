import { type TerraformMetaArguments, TerraformResource } from "cdktf";
import type { Construct } from "constructs";

export interface PlainResourceProps extends TerraformMetaArguments {
  /** Type in the provider's documentation, such as `kubernetes_job_v1`. */
  readonly type: string;
  /** Name of its provider, such as `kubernetes`. */
  readonly providerName: string;
  /** Arguments and blocks by their names in Terraform (snake case). */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * A resource written as what it is in Terraform's JSON, where loading the binding's class would cost more than it gives:
 * those of pods are as big as all of Kubernetes' pod specification (0.1 s and 14 MB at each synthesis).
 */
export class PlainResource extends TerraformResource {
  private readonly config: Readonly<Record<string, unknown>>;

  constructor(scope: Construct, id: string, { type, providerName, config, ...meta }: PlainResourceProps) {
    super(scope, id, { terraformResourceType: type, terraformGeneratorMetadata: { providerName }, ...meta });
    this.config = config;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { ...this.config };
  }
}
