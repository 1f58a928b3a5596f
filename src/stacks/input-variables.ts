import { TerraformVariable, type TerraformVariableConfig } from "cdktf";
import type { Construct } from "constructs";
import { can, regex } from "../../modules/blocks/terraform-functions.js";

/** Inputs that are the same for every environment: each is kept once, in a variable set. */
export const SHARED_INPUTS = ["github_owner", "github_token"] as const;

/** What inputs start with in a new workspace; all others start empty, or with their default. */
export const PROPOSED_VALUES: Readonly<Record<string, string>> = { db_name: "notejam" };

/** What a value must look like, as an anchored RE2 pattern, and how to say so to whoever set it. */
interface Pattern {
  readonly pattern: string;
  readonly otherwise: string;
}

/**
 * A variable that people set in the Terraform Cloud workspace. Declare it on the stack itself: only there it keeps its
 * plain name, which is the name of the workspace variable.
 */
function inputVariable(
  stack: Construct,
  name: string,
  config: TerraformVariableConfig,
  rule: Pattern,
): TerraformVariable {
  const variable = new TerraformVariable(stack, name, { nullable: false, ...config });
  variable.addValidation({
    condition: can(regex(rule.pattern, variable.value)),
    errorMessage: rule.otherwise,
  });
  return variable;
}

/**
 * A sensitive variable that Terraform never stores: neither in the state nor in a saved plan. It can only feed write-only
 * arguments and provider configuration, and must be given again when a saved plan is applied.
 *
 * @see https://developer.hashicorp.com/terraform/language/values/variables#ephemeral
 */
function secretVariable(
  stack: Construct,
  name: string,
  description: string,
  rule: Pattern,
): TerraformVariable {
  const variable = inputVariable(stack, name, { type: "string", sensitive: true, description }, rule);
  variable.addOverride("ephemeral", true);
  return variable;
}

/** The database inputs of an environment. */
export class DatabaseVariables {
  /** Name of the PostgreSQL database. */
  readonly name: string;
  /** Ephemeral: the application's login. */
  readonly userName: string;
  /** Ephemeral: its password. */
  readonly password: string;
  /** Raised by whoever changes `db_user` or `db_pass`: the state holds nothing else that could tell a change. */
  readonly version: number;

  constructor(stack: Construct) {
    this.name = inputVariable(
      stack,
      "db_name",
      { type: "string", description: "Name of the PostgreSQL database." },
      {
        pattern: "^[a-z][a-z0-9_]{0,62}$",
        otherwise:
          "db_name must be 1 to 63 lower-case letters, digits and underscores, and start with a letter.",
      },
    ).stringValue;
    this.userName = secretVariable(
      stack,
      "db_user",
      "Login that the application uses. It is not the master user.",
      {
        pattern: "^[a-z_][a-z0-9_]{0,62}$",
        otherwise:
          "db_user must be 1 to 63 lower-case letters, digits and underscores, and start with a letter or an underscore.",
      },
    ).stringValue;
    this.password = secretVariable(
      stack,
      "db_pass",
      "Password of db_user. Raise db_pass_version when you change it.",
      {
        pattern: "^[!-~]{16,128}$",
        otherwise: "db_pass must be 16 to 128 printable ASCII characters without blanks.",
      },
    ).stringValue;
    this.version = inputVariable(
      stack,
      "db_pass_version",
      { type: "number", default: 1, description: "Raise by one with every change of db_user or db_pass." },
      { pattern: "^[1-9][0-9]{0,8}$", otherwise: "db_pass_version must be a whole number from 1 upwards." },
    ).numberValue;
  }
}

/** The GitHub user or organization that owns the repositories. */
export function githubOwnerVariable(stack: Construct): string {
  return inputVariable(
    stack,
    "github_owner",
    { type: "string", description: "GitHub user or organization that owns the repositories." },
    {
      // https://docs.github.com/en/enterprise-cloud@latest/admin/managing-iam/iam-configuration-reference/username-considerations-for-external-authentication
      pattern: "^[A-Za-z0-9]([A-Za-z0-9-]{0,37}[A-Za-z0-9])?$",
      otherwise:
        "github_owner must be a GitHub user or organization name: letters, digits and single hyphens, at most 39.",
    },
  ).stringValue;
}

/** Ephemeral: the token by which Terraform writes to GitHub. */
export function githubTokenVariable(stack: Construct): string {
  return secretVariable(
    stack,
    "github_token",
    "GitHub token of an administrator of the repositories, with the rights repo and workflow.",
    {
      pattern: "^[!-~]{20,255}$",
      otherwise: "github_token must be a GitHub token: 20 to 255 printable ASCII characters without blanks.",
    },
  ).stringValue;
}
