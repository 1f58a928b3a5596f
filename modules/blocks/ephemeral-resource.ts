import { ref, TerraformElement, Token } from "cdktf";
import type { Construct } from "constructs";

export interface EphemeralResourceProps {
  /** Type in the provider's documentation, such as `aws_eks_cluster_auth`. */
  readonly type: string;
  /** Arguments by their names in Terraform (snake case). */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * A value that lives for the length of one run and is stored nowhere: neither in a plan nor in a state. It may feed
 * provider configuration and write-only arguments only; Terraform refuses it anywhere else.
 *
 * The bindings have no class for `ephemeral` blocks, so it is written as what it is in Terraform's JSON.
 *
 * @see https://developer.hashicorp.com/terraform/language/ephemeral
 */
export class EphemeralResource extends TerraformElement {
  private readonly props: EphemeralResourceProps;

  constructor(scope: Construct, id: string, props: EphemeralResourceProps) {
    super(scope, id, `ephemeral.${props.type}`);
    this.props = props;
  }

  /** A reference to one of its results. */
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
