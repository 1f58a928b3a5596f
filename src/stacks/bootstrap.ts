import { TfeProvider } from "@cdktf/provider-tfe/lib/provider/index.js";
import { AccountBaseline, type BaselineRegion } from "@notejam/constructs/account/account-baseline";
import { GITHUB_ISSUER, GithubOidcProvider } from "@notejam/constructs/github/oidc-provider";
import {
  bootstrapApplyPermissions,
  environmentApplyPermissions,
} from "@notejam/constructs/terraform-cloud/apply-permissions";
import { TerraformCloudOidc } from "@notejam/constructs/terraform-cloud/oidc";
import { PermissionsBoundary } from "@notejam/constructs/terraform-cloud/permissions-boundary";
import { TerraformCloudRunRoles } from "@notejam/constructs/terraform-cloud/run-roles";
import type { App } from "cdktf";
import type { Environment } from "../config/environment.js";
import { BOOTSTRAP_STACK, namesOf } from "../config/names.js";
import type { Organization } from "../config/organization.js";
import { bootstrapTags } from "../config/tags.js";
import { AwsStack } from "./aws-stack.js";
import type { WorkspaceRequirements } from "./workspace-requirements.js";
import { type RunRoleArns, Workspaces } from "./workspaces.js";

/** Retention of the audit trail, in days: as long as that of the backups. */
const AUDIT_RETENTION_DAYS = 1096;

/** Environment with the requirements of its stacks. */
export interface EnvironmentStacks {
  readonly environment: Environment;
  /** Requirements on the workspaces, in the order in which the stacks are applied. */
  readonly stacks: readonly WorkspaceRequirements[];
}

export interface BootstrapStackProps {
  readonly organization: Organization;
  readonly environments: readonly EnvironmentStacks[];
  /**
   * Standbys that are not deployed. Their roles and workspaces are created in advance, because this stack cannot be
   * applied while its own region is unavailable.
   */
  readonly standbys: readonly EnvironmentStacks[];
}

/**
 * Resources that exist once. In the AWS account: OIDC providers, the roles of Terraform runs, and the account baseline.
 * In HCP Terraform: the workspaces of all stacks. They belong to no environment, so that destroying one environment
 * does not affect the others.
 */
export class BootstrapStack extends AwsStack {
  private readonly props: BootstrapStackProps;

  constructor(app: App, props: BootstrapStackProps) {
    const { organization } = props;
    const { region } = organization.bootstrap;
    super(app, BOOTSTRAP_STACK, { organization, region, tags: bootstrapTags(), production: true });
    this.props = props;

    new GithubOidcProvider(this, "github-oidc");
    new TerraformCloudOidc(this, "terraform-cloud-oidc", {
      hostname: organization.terraformCloud.hostname,
    });
    const roles = this.addRunRoles("bootstrap", {
      name: BOOTSTRAP_STACK,
      workspaces: [BOOTSTRAP_STACK],
      applyPermissions: bootstrapApplyPermissions({
        account: this.account,
        name: BOOTSTRAP_STACK,
        oidcHosts: [organization.terraformCloud.hostname, GITHUB_ISSUER],
      }),
    });
    new AccountBaseline(this, "guard-rails", {
      name: BOOTSTRAP_STACK,
      account: this.account,
      regions: this.baselineRegions(),
      imagePrefix: "notejam-",
      trail: { retentionDays: AUDIT_RETENTION_DAYS },
    });
    this.addTerraformCloud(roles);
  }

  /** The provider reads its token from `TFE_TOKEN` or from `terraform login`; no state contains it. */
  private addTerraformCloud(roles: RunRoleArns): void {
    const { organization, environments, standbys } = this.props;
    const { hostname, organization: owner } = organization.terraformCloud;
    new TfeProvider(this, "tfe", { hostname, organization: owner });
    new Workspaces(this, "terraform-cloud", {
      organization,
      bootstrap: { stack: BOOTSTRAP_STACK, roles },
      environments: [...environments, ...standbys].map(({ environment, stacks }) => ({
        names: namesOf(environment),
        production: environment.production,
        roles: this.addEnvironment(environment),
        stacks,
      })),
    });
  }

  /** Returns every region that an environment uses, with the regions to which its images are replicated. */
  private baselineRegions(): BaselineRegion[] {
    const { organization, environments } = this.props;
    const replicas = new Map([[organization.bootstrap.region, new Set<string>()]]);
    for (const { environment } of environments) {
      const { region, drRegion } = environment;
      replicas.set(region, (replicas.get(region) ?? new Set()).add(drRegion));
      replicas.set(drRegion, replicas.get(drRegion) ?? new Set());
    }
    return [...replicas].map(([region, replicateImagesTo]) => ({
      region,
      provider: region === organization.bootstrap.region ? undefined : this.addProvider(region, region),
      replicateImagesTo: [...replicateImagesTo],
    }));
  }

  private addEnvironment(environment: Environment): RunRoleArns {
    const { environmentId, name, platformStack, gitopsStack, secretsPrefix } = namesOf(environment);
    const { account } = this;
    new PermissionsBoundary(this, `boundary-${environmentId}`, { name, secretsPrefix, account });
    return this.addRunRoles(environmentId, {
      name,
      workspaces: [platformStack, gitopsStack],
      applyPermissions: environmentApplyPermissions({
        account,
        environment: environment.name,
        name,
        secretsPrefix,
        regions: [environment.region, environment.drRegion],
      }),
    });
  }

  private addRunRoles(id: string, props: RunRoles): RunRoleArns {
    const { hostname, organization, project } = this.props.organization.terraformCloud;
    return new TerraformCloudRunRoles(this, `run-roles-${id}`, {
      account: this.account,
      hostname,
      organization,
      project,
      ...props,
    });
  }
}

/** Properties that differ between the pairs of roles. */
type RunRoles = Pick<
  ConstructorParameters<typeof TerraformCloudRunRoles>[2],
  "name" | "workspaces" | "applyPermissions"
>;
