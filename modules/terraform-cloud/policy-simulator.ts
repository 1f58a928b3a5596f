import type { PolicyStatement } from "../blocks/iam-policy.js";

/** One call to AWS, as IAM sees it. */
export interface Call {
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the request. @default none */
  readonly context?: Readonly<Record<string, string>>;
}

/**
 * What IAM would decide by these statements: a denial that matches wins, then a permission that matches.
 *
 * For tests. Knows the condition operators that this module's policies use, and throws at any other.
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
    case "Null":
      return expected.includes(String(actual === undefined));
    default:
      throw new Error(`the simulator does not know the condition operator ${operator}; teach it.`);
  }
}

function like(pattern: string, value: string): boolean {
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${source}$`).test(value);
}
