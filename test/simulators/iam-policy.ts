import type { PolicyStatement } from "@notejam/constructs/core/iam-policy";

/** Request to AWS, as evaluated by IAM. */
export interface Call {
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the request. @default none */
  readonly context?: Readonly<Record<string, string>>;
}

/** Policies that apply to a request. */
export interface Policies {
  /** Identity-based policies of the caller. */
  readonly identity: readonly PolicyStatement[];
  /** Permissions boundary of the caller. @default no boundary */
  readonly boundary?: readonly PolicyStatement[];
  /** Statements of the resource-based policy whose principal includes the caller. @default none */
  readonly resource?: readonly PolicyStatement[];
}

/** Returns true if a request is allowed within one account: not denied, and allowed within the boundary. */
export function isPermitted({ identity, boundary, resource = [] }: Policies, call: Call): boolean {
  const everything = [...identity, ...(boundary ?? []), ...resource];
  if (everything.some((statement) => statement.effect === "Deny" && matches(statement, call))) return false;
  const byIdentity = isAllowed(identity, call) && (boundary === undefined || isAllowed(boundary, call));
  return byIdentity || isAllowed(resource, call);
}

/**
 * Evaluates statements: an explicit deny overrides an allow.
 *
 * Supports only the condition operators that the policies of this project use.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function isAllowed(statements: readonly PolicyStatement[], call: Call): boolean {
  const matching = statements.filter((statement) => matches(statement, call));
  return (
    matching.some(({ effect }) => effect !== "Deny") && matching.every(({ effect }) => effect !== "Deny")
  );
}

function matches(statement: PolicyStatement, { action, resource, context = {} }: Call): boolean {
  if (statement.notResources) throw new Error("The simulator does not support NotResource.");
  const named = statement.actions?.some((pattern) => like(pattern, action));
  const spared = statement.notActions && !statement.notActions.some((pattern) => like(pattern, action));
  return (
    Boolean(named ?? spared) &&
    Boolean(statement.resources?.some((pattern) => like(pattern, resource))) &&
    Object.entries(statement.conditions ?? {}).every(([operator, keys]) =>
      Object.entries(keys).every(([key, expected]) => holds(operator, [expected].flat(), context[key])),
    )
  );
}

function holds(operator: string, expected: readonly string[], actual: string | undefined): boolean {
  switch (operator) {
    case "StringEquals":
      return actual !== undefined && expected.includes(actual);
    case "ForAllValues:StringEquals":
      return actual === undefined || expected.includes(actual);
    case "StringNotEquals":
      return actual === undefined || !expected.includes(actual);
    case "ArnEquals":
    case "ArnLike":
    case "StringLike":
      return actual !== undefined && expected.some((pattern) => like(pattern, actual));
    case "Bool":
      return actual !== undefined && expected.includes(actual);
    case "NumericLessThan":
      return actual !== undefined && expected.some((limit) => Number(actual) < Number(limit));
    case "Null":
      return expected.includes(String(actual === undefined));
    default:
      throw new Error(`The simulator does not support the condition operator ${operator}.`);
  }
}

function like(pattern: string, value: string): boolean {
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${source}$`).test(value);
}
