import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { CloudBackend, NamedCloudWorkspace, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { AwsAccount } from "../../modules/blocks/aws-account.js";
import toolVersions from "../../tool-versions.json" with { type: "json" };
import type { Organization } from "../config/organization.js";
import { REQUIRED_TAGS } from "../config/tags.js";
import { enforcePolicy, type PolicyException } from "../policy/policy.js";

export interface AwsStackProps {
  /** Who keeps the state. The workspace has the stack's own name. */
  readonly organization: Organization;
  /** Where the default provider works. */
  readonly region: string;
  /** Tags of every resource. */
  readonly tags: Readonly<Record<string, string>>;
  /** Whether people depend on what stands here: the policy demands more of it. */
  readonly production: boolean;
  /** What may break a rule of the policy, and why. @default none */
  readonly exceptions?: readonly PolicyException[];
}

/** Oldest version with write-only arguments. */
const TERRAFORM_VERSION = `>= ${toolVersions.terraform.minimum}`;

/**
 * Newer than the bindings' own version: providers before 6.26.0 read a secret back that was given by a write-only
 * argument, and neither the plan role nor the apply role may read secrets.
 *
 * @see https://github.com/hashicorp/terraform-provider-aws/pull/44876
 */
const AWS_PROVIDER_VERSION = toolVersions.awsProvider.constraint;

/**
 * A stack in AWS: its state in the Terraform Cloud workspace of its name, one default provider, the account it is in,
 * and the policy that refuses to synthesize what is unsafe.
 */
export abstract class AwsStack extends TerraformStack {
  protected readonly account: AwsAccount;
  private readonly tags: Readonly<Record<string, string>>;

  constructor(scope: Construct, name: string, props: AwsStackProps) {
    super(scope, name);
    this.tags = props.tags;
    this.addOverride("terraform.required_version", TERRAFORM_VERSION);
    this.addOverride("terraform.required_providers.aws.version", AWS_PROVIDER_VERSION);
    const { hostname, organization } = props.organization.terraformCloud;
    new CloudBackend(this, { hostname, organization, workspaces: new NamedCloudWorkspace(name) });
    new AwsProvider(this, "aws", { region: props.region, defaultTags: [{ tags: props.tags }] });
    this.account = new AwsAccount(this, "account", { region: props.region });
    enforcePolicy(this, {
      production: props.production,
      requiredTags: REQUIRED_TAGS,
      exceptions: props.exceptions,
    });
  }

  /**
   * Only the policy is asked. CDKTF's own validation of the `cloud` block starts Terraform once per stack to learn its
   * version, which `required_version` above checks where it matters; so synthesis needs no Terraform.
   */
  override runAllValidations(): void {
    this.node.validate();
  }

  /** A provider for another region; hand it to the constructs that make something there. */
  protected providerIn(region: string, alias: string): AwsProvider {
    return new AwsProvider(this, `aws-${alias}`, { alias, region, defaultTags: [{ tags: this.tags }] });
  }
}
