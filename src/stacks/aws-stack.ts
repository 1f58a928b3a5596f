import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { AwsAccount } from "@notejam/constructs/core/aws-account";
import { CloudBackend, NamedCloudWorkspace, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import toolVersions from "../../tool-versions.json" with { type: "json" };
import type { Organization } from "../config/organization.js";
import { REQUIRED_TAGS } from "../config/tags.js";
import { enforcePolicy, type PolicyException } from "../policy/policy.js";

export interface AwsStackProps {
  /** Organization that keeps the state, in an HCP Terraform workspace with the stack's name. */
  readonly organization: Organization;
  /** Region of the default provider. */
  readonly region: string;
  /** Tags of every resource. */
  readonly tags: Readonly<Record<string, string>>;
  /** Production stack: stricter policy rules apply. */
  readonly production: boolean;
  /** Resources that are exempt from a policy rule, with the reason. @default none */
  readonly exceptions?: readonly PolicyException[];
}

/** Minimum version: the first one with write-only arguments. */
const TERRAFORM_VERSION = `>= ${toolVersions.terraform.minimum}`;

/**
 * Provider versions, newer than that of the bindings. Providers before 6.26.0 read back secrets that were set by
 * write-only arguments, and neither the plan role nor the apply role may read secrets.
 *
 * @see https://github.com/hashicorp/terraform-provider-aws/pull/44876
 */
const AWS_PROVIDER_VERSION = toolVersions.awsProvider.constraint;

/**
 * Stack of AWS resources: state in the HCP Terraform workspace of the same name, a default provider, the AWS account,
 * and the policy check at synthesis.
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
   * Runs the policy check only, so that synthesis needs no Terraform. CDKTF's validation of the `cloud` block runs
   * Terraform once per stack to read its version; `required_version` checks the version when a stack is planned.
   */
  override runAllValidations(): void {
    this.node.validate();
  }

  /** Adds a provider for another region, for the constructs that create resources there. */
  protected addProvider(region: string, alias: string): AwsProvider {
    return new AwsProvider(this, `aws-${alias}`, { alias, region, defaultTags: [{ tags: this.tags }] });
  }
}
