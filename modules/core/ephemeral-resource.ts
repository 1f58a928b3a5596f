import { ref, TerraformElement, Token } from "cdktf";
import type { Construct } from "constructs";

export interface EphemeralResourceProps {
  /** Type in the provider's documentation, such as `aws_eks_cluster_auth`. */
  readonly type: string;
  /** Arguments by their Terraform names (snake case). */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Ephemeral resource: its values exist during one run and are stored neither in plans nor in state. Terraform accepts
 * them only in provider configuration and write-only arguments.
 *
 * The provider bindings have no classes for `ephemeral` blocks, so this construct writes the Terraform JSON.
 *
 * @see https://developer.hashicorp.com/terraform/language/ephemeral
 */
export class EphemeralResource extends TerraformElement {
  private readonly props: EphemeralResourceProps;

  constructor(scope: Construct, id: string, props: EphemeralResourceProps) {
    super(scope, id, `ephemeral.${props.type}`);
    this.props = props;
  }

  /** Returns a reference to an attribute, such as `token`. */
  attribute(name: string): string {
    return Token.asString(ref(`${this.fqnOfBlock}.${name}`, this.cdktfStack));
  }

  private get fqnOfBlock(): string {
    return `ephemeral.${this.props.type}.${this.friendlyUniqueId}`;
  }

  override toTerraform(): unknown {
    const { type, config } = this.props;
    return { ephemeral: { [type]: { [this.friendlyUniqueId]: config } } };
  }
}
