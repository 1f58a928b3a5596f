import type { PolicyStatement } from "../../modules/blocks/iam-policy.js";

/** One call to AWS, as IAM sees it. */
export interface Call {
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the request. @default none */
  readonly context?: Readonly<Record<string, string>>;
}

/** All policies that have a say in a call. */
export interface Policies {
  /** On the caller. */
  readonly identity: readonly PolicyStatement[];
  /** The most that the caller can do. @default no limit */
  readonly boundary?: readonly PolicyStatement[];
  /** On what is called: those statements whose principal is the caller or everybody. @default none */
  readonly resource?: readonly PolicyStatement[];
}

/** What AWS would decide within one account: any denial wins, and a permission has to be within the boundary. */
export function isPermitted({ identity, boundary, resource = [] }: Policies, call: Call): boolean {
  const everything = [...identity, ...(boundary ?? []), ...resource];
  if (everything.some((statement) => statement.effect === "Deny" && matches(statement, call))) return false;
  const byIdentity = isAllowed(identity, call) && (boundary === undefined || isAllowed(boundary, call));
  return byIdentity || isAllowed(resource, call);
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
  if (statement.notResources) throw new Error("the simulator does not know NotResource; teach it.");
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
      throw new Error(`the simulator does not know the condition operator ${operator}; teach it.`);
  }
}

function like(pattern: string, value: string): boolean {
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${source}$`).test(value);
}
