/** Principals of a statement: all (`*`), or identities by type. */
export type PolicyPrincipals = "*" | Partial<Record<"AWS" | "Service" | "Federated", readonly string[]>>;

/** Condition operator → condition key → value or values. */
export type PolicyConditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** Statement of an IAM policy. AWS requires `actions` or `notActions`, and `resources` in identity policies. */
export interface PolicyStatement {
  /** Letters and digits only. @default none */
  readonly sid?: string;
  /** @default "Allow" */
  readonly effect?: "Allow" | "Deny";
  /** Only in resource policies and trust policies. @default none */
  readonly principals?: PolicyPrincipals;
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly resources?: readonly string[];
  readonly notResources?: readonly string[];
  readonly conditions?: PolicyConditions;
}

/**
 * Returns an IAM policy as JSON text.
 *
 * Replaces the data source `aws_iam_policy_document`: a plan reads one object less per policy, and the synthesized JSON
 * contains the policy. Strings may contain tokens. List tokens (`stack.resource.someList`) are not supported, because
 * CDKTF represents them as a list of length 1.
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
