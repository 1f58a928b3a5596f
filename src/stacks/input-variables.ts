import { can, regex } from "@notejam/constructs/core/terraform-functions";
import { TerraformVariable, type TerraformVariableConfig } from "cdktf";
import type { Construct } from "constructs";

/** Variables that are the same for every environment: each is stored once, in a variable set. */
export const SHARED_INPUTS = ["github_owner", "github_token"] as const;

/** Initial values in a new workspace. All other variables start empty, or with their default. */
export const PROPOSED_VALUES: Readonly<Record<string, string>> = { db_name: "notejam" };

/** Validation of a variable. */
interface Validation {
  /** Anchored RE2 pattern. */
  readonly pattern: string;
  readonly errorMessage: string;
}

/**
 * Adds a variable, whose value is set in the HCP Terraform workspace. Declare it directly on the stack: only there
 * its name is that of the workspace variable.
 */
function inputVariable(
  stack: Construct,
  name: string,
  config: TerraformVariableConfig,
  validation: Validation,
): TerraformVariable {
  const variable = new TerraformVariable(stack, name, { nullable: false, ...config });
  variable.addValidation({
    condition: can(regex(validation.pattern, variable.value)),
    errorMessage: validation.errorMessage,
  });
  return variable;
}

/**
 * Adds a sensitive variable that Terraform stores neither in the state nor in a saved plan. It can be used in
 * write-only arguments and provider configuration only, and must be set again when a saved plan is applied.
 *
 * @see https://developer.hashicorp.com/terraform/language/values/variables#ephemeral
 */
function secretVariable(
  stack: Construct,
  name: string,
  description: string,
  validation: Validation,
): TerraformVariable {
  const variable = inputVariable(stack, name, { type: "string", sensitive: true, description }, validation);
  variable.addOverride("ephemeral", true);
  return variable;
}

/** Database variables of an environment. */
export class DatabaseVariables {
  /** Name of the PostgreSQL database. */
  readonly name: string;
  /** Ephemeral: login of the application. */
  readonly userName: string;
  /** Ephemeral: password of the application's login. */
  readonly password: string;
  /** Increase it with every change of `db_user` or `db_pass`: the state contains neither of them. */
  readonly version: number;

  constructor(stack: Construct) {
    this.name = inputVariable(
      stack,
      "db_name",
      { type: "string", description: "Name of the PostgreSQL database." },
      {
        pattern: "^[a-z][a-z0-9_]{0,62}$",
        errorMessage:
          "db_name must be 1 to 63 lower-case letters, digits and underscores, and start with a letter.",
      },
    ).stringValue;
    this.userName = secretVariable(
      stack,
      "db_user",
      "Login that the application uses. It is not the master user.",
      {
        pattern: "^[a-z_][a-z0-9_]{0,62}$",
        errorMessage:
          "db_user must be 1 to 63 lower-case letters, digits and underscores, and start with a letter or an underscore.",
      },
    ).stringValue;
    this.password = secretVariable(
      stack,
      "db_pass",
      "Password of db_user. Increase db_pass_version when you change it.",
      {
        pattern: "^[!-~]{16,128}$",
        errorMessage: "db_pass must be 16 to 128 printable ASCII characters without spaces.",
      },
    ).stringValue;
    this.version = inputVariable(
      stack,
      "db_pass_version",
      { type: "number", default: 1, description: "Increase by one with every change of db_user or db_pass." },
      {
        pattern: "^[1-9][0-9]{0,8}$",
        errorMessage: "db_pass_version must be a whole number from 1 upwards.",
      },
    ).numberValue;
  }
}

/** Adds the variable for the GitHub user or organization that owns the repositories. */
export function githubOwnerVariable(stack: Construct): string {
  return inputVariable(
    stack,
    "github_owner",
    { type: "string", description: "GitHub user or organization that owns the repositories." },
    {
      // https://docs.github.com/en/enterprise-cloud@latest/admin/managing-iam/iam-configuration-reference/username-considerations-for-external-authentication
      pattern: "^[A-Za-z0-9]([A-Za-z0-9-]{0,37}[A-Za-z0-9])?$",
      errorMessage:
        "github_owner must be a GitHub user or organization name: letters, digits and single hyphens, at most 39.",
    },
  ).stringValue;
}

/** Adds the variable for the GitHub token of Terraform. Ephemeral. */
export function githubTokenVariable(stack: Construct): string {
  return secretVariable(
    stack,
    "github_token",
    "GitHub token of an administrator of the repositories, with the scopes repo and workflow.",
    {
      pattern: "^[!-~]{20,255}$",
      errorMessage:
        "github_token must be a GitHub token: 20 to 255 printable ASCII characters without spaces.",
    },
  ).stringValue;
}
