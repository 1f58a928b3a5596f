import type { App } from "cdktf";
import { AccountGuardRails, type GuardedRegion } from "../../modules/account/account-guard-rails.js";
import { GITHUB_ISSUER, GithubOidcProvider } from "../../modules/github/oidc-provider.js";
import { bootstrapApplyRights, environmentApplyRights } from "../../modules/terraform-cloud/apply-rights.js";
import { TerraformCloudOidc } from "../../modules/terraform-cloud/oidc.js";
import { PermissionsBoundary } from "../../modules/terraform-cloud/permissions-boundary.js";
import { TerraformCloudRunRoles } from "../../modules/terraform-cloud/run-roles.js";
import type { Environment } from "../config/environment.js";
import type { Configuration } from "../config/load.js";
import { BOOTSTRAP_STACK, namesOf } from "../config/names.js";
import { bootstrapTags } from "../config/tags.js";
import { AwsStack } from "./aws-stack.js";

/** As long as notes can be asked back, it can be asked who did what. */
const AUDIT_RETENTION_DAYS = 1096;

/**
 * What an AWS account has once: whose tokens it believes, which roles Terraform takes, and the guard rails that hold
 * for everything in it. No environment owns these, or destroying one would take them from the others.
 */
export class BootstrapStack extends AwsStack {
  private readonly configuration: Configuration;

  constructor(app: App, configuration: Configuration) {
    const { organization, environments } = configuration;
    const { region } = organization.bootstrap;
    super(app, BOOTSTRAP_STACK, { organization, region, tags: bootstrapTags(), production: true });
    this.configuration = configuration;

    new GithubOidcProvider(this, "github-oidc");
    new TerraformCloudOidc(this, "terraform-cloud-oidc", {
      hostname: organization.terraformCloud.hostname,
    });
    this.addRunRoles("bootstrap", {
      name: BOOTSTRAP_STACK,
      workspaces: [BOOTSTRAP_STACK],
      applyRights: bootstrapApplyRights({
        account: this.account,
        name: BOOTSTRAP_STACK,
        oidcHosts: [organization.terraformCloud.hostname, GITHUB_ISSUER],
      }),
    });
    for (const environment of environments) this.addEnvironment(environment);
    new AccountGuardRails(this, "guard-rails", {
      name: BOOTSTRAP_STACK,
      account: this.account,
      regions: this.guardedRegions(),
      trail: { retentionDays: AUDIT_RETENTION_DAYS },
    });
  }

  /** Every region in which something of ours stands, with the regions to which its images are copied. */
  private guardedRegions(): GuardedRegion[] {
    const { organization, environments } = this.configuration;
    const copies = new Map([[organization.bootstrap.region, new Set<string>()]]);
    for (const { region, drRegion } of environments) {
      copies.set(region, (copies.get(region) ?? new Set()).add(drRegion));
      copies.set(drRegion, copies.get(drRegion) ?? new Set());
    }
    return [...copies].map(([region, replicateImagesTo]) => ({
      region,
      provider: region === organization.bootstrap.region ? undefined : this.providerIn(region, region),
      replicateImagesTo: [...replicateImagesTo],
    }));
  }

  private addEnvironment(environment: Environment): void {
    const { instance, name, platformStack, gitopsStack, secretsPrefix } = namesOf(environment);
    const { account } = this;
    new PermissionsBoundary(this, `boundary-${instance}`, { name, secretsPrefix, account });
    this.addRunRoles(instance, {
      name,
      workspaces: [platformStack, gitopsStack],
      applyRights: environmentApplyRights({
        account,
        environment: environment.name,
        name,
        secretsPrefix,
        regions: [environment.region, environment.drRegion],
      }),
    });
  }

  private addRunRoles(id: string, props: RunRoles): void {
    const { hostname, organization, project } = this.configuration.organization.terraformCloud;
    new TerraformCloudRunRoles(this, `run-roles-${id}`, {
      account: this.account,
      hostname,
      organization,
      project,
      ...props,
    });
  }
}

/** What differs between the pairs of roles. */
type RunRoles = Pick<
  ConstructorParameters<typeof TerraformCloudRunRoles>[2],
  "name" | "workspaces" | "applyRights"
>;
