import { type TerraformMetaArguments, TerraformResource } from "cdktf";
import type { Construct } from "constructs";

export interface PlainResourceProps extends TerraformMetaArguments {
  /** Type in the provider's documentation, such as `kubernetes_job_v1`. */
  readonly type: string;
  /** Name of the provider, such as `kubernetes`. */
  readonly providerName: string;
  /** Arguments and blocks by their Terraform names (snake case). */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Resource written as Terraform JSON, without the class of the provider binding. Saves time and memory for very large
 * classes: those with a pod specification of Kubernetes need 0.1 s and 14 MB at each synthesis.
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
