import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import { type PolicyStatement, policyDocument } from "../blocks/iam-policy.js";
import { GOVERNING_PATH } from "./identity-path.js";
import { type RunPhase, runRoleName } from "./names.js";
import { TERRAFORM_CLOUD_AUDIENCE, TERRAFORM_CLOUD_HOSTNAME, terraformCloudOidcArn } from "./oidc.js";
import { CONTENTS, OPENING } from "./private-contents.js";

export interface TerraformCloudRunRolesProps {
  /** What the roles are called: `<name>-plan` and `<name>-apply`, such as `notejam-prod`. */
  readonly name: string;
  readonly account: AwsAccount;
  readonly organization: string;
  readonly project: string;
  /** The workspaces whose runs may take these roles. At least one. */
  readonly workspaces: readonly string[];
  /** What an apply may do: `environmentApplyRights` or `bootstrapApplyRights`. */
  readonly applyRights: readonly PolicyStatement[];
  /** @default "app.terraform.io" */
  readonly hostname?: string;
}

/**
 * The two identities of Terraform Cloud in AWS, told apart by the phase of the run.
 *
 * A plan runs the code of a pull request before anybody has read it. So its role reads the shape of things and never
 * what they contain: no secret, no object, no log line, no decryption. Only an apply, which starts from the main branch,
 * may change anything.
 */
export class TerraformCloudRunRoles extends Construct {
  readonly planRoleArn: string;
  readonly applyRoleArn: string;

  private readonly props: TerraformCloudRunRolesProps;

  constructor(scope: Construct, id: string, props: TerraformCloudRunRolesProps) {
    super(scope, id);
    this.props = props;
    this.refuseLooseSubjects();
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
      name: "no-contents",
      role: role.name,
      policy: policyDocument([
        {
          sid: "NoContents",
          effect: "Deny",
          actions: [...CONTENTS, ...OPENING],
          resources: ["*"],
        },
        {
          // A plan opens ephemeral values, too. A password that was just made up opens nothing.
          sid: "MakeUpPasswords",
          actions: ["secretsmanager:GetRandomPassword"],
          // Reason for the star: the call is about no resource.
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
      policy: policyDocument(this.props.applyRights),
    });
    return role.arn;
  }

  private addRole(phase: RunPhase): IamRole {
    return new IamRole(this, phase, {
      name: runRoleName(this.props.name, phase),
      path: GOVERNING_PATH,
      description: `Terraform Cloud, ${phase} of ${this.props.workspaces.join(", ")}`,
      assumeRolePolicy: policyDocument([this.runsInPhase(phase)]),
    });
  }

  private runsInPhase(phase: RunPhase): PolicyStatement {
    const { account, organization, project, workspaces, hostname = TERRAFORM_CLOUD_HOSTNAME } = this.props;
    return {
      sid: "RunsOfTheWorkspaces",
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

  private refuseLooseSubjects(): void {
    const { organization, project, workspaces } = this.props;
    if (workspaces.length === 0) {
      throw new Error(`${this.node.path}: workspaces is empty; name at least one that may take these roles.`);
    }
    for (const part of [organization, project, ...workspaces]) {
      if (/^[\w -]+$/.test(part)) continue;
      throw new Error(
        `${this.node.path}: "${part}" cannot be part of a run's subject; give organization, project and ` +
          "workspaces as plain names (letters, digits, spaces, _ -), without wildcards.",
      );
    }
  }
}
