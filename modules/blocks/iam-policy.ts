/** Who a statement speaks about: everybody, or identities by kind. */
export type PolicyPrincipals = "*" | Partial<Record<"AWS" | "Service" | "Federated", readonly string[]>>;

/** Condition operator → condition key → value or values. */
export type PolicyConditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** One statement of an IAM policy. `actions` or `notActions`, and in identity policies `resources`, are needed by AWS. */
export interface PolicyStatement {
  /** Letters and digits only. @default none */
  readonly sid?: string;
  /** @default "Allow" */
  readonly effect?: "Allow" | "Deny";
  /** Only in policies that hang on a resource or a role's trust. @default none */
  readonly principals?: PolicyPrincipals;
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly resources?: readonly string[];
  readonly notResources?: readonly string[];
  readonly conditions?: PolicyConditions;
}

/**
 * An IAM policy as the JSON text that the AWS provider takes.
 *
 * Written at synth instead of through the `aws_iam_policy_document` data source: a plan then needs one read less
 * per policy, and a reader of the synthesized JSON sees the policy itself. Tokens inside the strings are fine; a
 * list token (`stack.resource.someList`) is not, because CDKTF gives it length 1.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 */
export function policyDocument(statements: readonly PolicyStatement[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements.map(toJson) });
}

function toJson(statement: PolicyStatement): Record<string, unknown> {
  return {
    Sid: statement.sid,
    Effect: statement.effect ?? "Allow",
    Principal: statement.principals,
    Action: statement.actions,
    NotAction: statement.notActions,
    Resource: statement.resources,
    NotResource: statement.notResources,
    Condition: statement.conditions,
  };
}
