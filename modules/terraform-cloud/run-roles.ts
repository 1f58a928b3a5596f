import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import { type PolicyStatement, policyDocument } from "../core/iam-policy.js";
import { DATA_PLANE_READS, DECRYPT_AND_ASSUME } from "./data-plane-reads.js";
import { TERRAFORM_IAM_PATH } from "./iam-path.js";
import { type RunPhase, runRoleName } from "./names.js";
import { TERRAFORM_CLOUD_AUDIENCE, TERRAFORM_CLOUD_HOSTNAME, terraformCloudOidcArn } from "./oidc.js";

export interface TerraformCloudRunRolesProps {
  /** Prefix of the role names `<name>-plan` and `<name>-apply`, such as `notejam-prod`. */
  readonly name: string;
  readonly account: AwsAccount;
  readonly organization: string;
  readonly project: string;
  /** Workspaces whose runs may assume the roles. At least one. */
  readonly workspaces: readonly string[];
  /** Permissions of applies: `environmentApplyPermissions` or `bootstrapApplyPermissions`. */
  readonly applyPermissions: readonly PolicyStatement[];
  /** Host of HCP Terraform or Terraform Enterprise. @default "app.terraform.io" */
  readonly hostname?: string;
}

/**
 * IAM roles of HCP Terraform runs: one for plans, one for applies.
 *
 * A plan runs unreviewed code of a pull request. Its role reads configurations, but no data: no secrets, objects, log
 * events, and no decryption. Only applies, which start from the main branch, may change resources.
 */
export class TerraformCloudRunRoles extends Construct {
  readonly planRoleArn: string;
  readonly applyRoleArn: string;

  private readonly props: TerraformCloudRunRolesProps;

  constructor(scope: Construct, id: string, props: TerraformCloudRunRolesProps) {
    super(scope, id);
    this.props = props;
    this.validateSubjects();
    this.planRoleArn = this.addPlanRole();
    this.applyRoleArn = this.addApplyRole();
  }

  private addPlanRole(): string {
    const role = this.addRole("plan");
    new IamRolePolicyAttachment(this, "plan-reads", {
      role: role.name,
      policyArn: this.props.account.arn("iam", "policy/ReadOnlyAccess", { region: "", account: "aws" }),
    });
    new IamRolePolicy(this, "plan-sees-no-contents", {
      name: "deny-data-plane-reads",
      role: role.name,
      policy: policyDocument([
        {
          sid: "DenyDataPlaneReads",
          effect: "Deny",
          actions: [...DATA_PLANE_READS, ...DECRYPT_AND_ASSUME],
          resources: ["*"],
        },
        {
          // Plans evaluate ephemeral resources, too. A generated password is not in use anywhere.
          sid: "GenerateRandomPassword",
          actions: ["secretsmanager:GetRandomPassword"],
          // This action does not support resource-level permissions.
          resources: ["*"],
        },
      ]),
    });
    return role.arn;
  }

  private addApplyRole(): string {
    const role = this.addRole("apply");
    new IamRolePolicy(this, "apply-rights", {
      name: "apply",
      role: role.name,
      policy: policyDocument(this.props.applyPermissions),
    });
    return role.arn;
  }

  private addRole(phase: RunPhase): IamRole {
    return new IamRole(this, phase, {
      name: runRoleName(this.props.name, phase),
      path: TERRAFORM_IAM_PATH,
      description: `Terraform Cloud, ${phase} of ${this.props.workspaces.join(", ")}`,
      assumeRolePolicy: policyDocument([this.trustRuns(phase)]),
    });
  }

  private trustRuns(phase: RunPhase): PolicyStatement {
    const { account, organization, project, workspaces, hostname = TERRAFORM_CLOUD_HOSTNAME } = this.props;
    return {
      sid: "AssumeRoleFromWorkspaceRuns",
      principals: { Federated: [terraformCloudOidcArn(account, hostname)] },
      actions: ["sts:AssumeRoleWithWebIdentity"],
      conditions: {
        StringEquals: {
          [`${hostname}:aud`]: TERRAFORM_CLOUD_AUDIENCE,
          [`${hostname}:sub`]: workspaces.map(
            (workspace) =>
              `organization:${organization}:project:${project}:workspace:${workspace}:run_phase:${phase}`,
          ),
        },
      },
    };
  }

  private validateSubjects(): void {
    const { organization, project, workspaces } = this.props;
    if (workspaces.length === 0) {
      throw new Error(`${this.node.path}: workspaces is empty. Add at least one.`);
    }
    for (const part of [organization, project, ...workspaces]) {
      if (/^[\w -]+$/.test(part)) continue;
      throw new Error(
        `${this.node.path}: "${part}" cannot be part of a run's subject. Use plain names of organization, project and ` +
          "workspaces (letters, digits, spaces, _ -), without wildcards.",
      );
    }
  }
}
