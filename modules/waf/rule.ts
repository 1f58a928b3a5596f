/**
 * Rule of a web ACL, spelled like in the WAF API, for the argument `rule_json`.
 *
 * The AWS provider ignores unknown keys without an error, so a misspelled key would weaken the web ACL. These types
 * make it a compiler error. They cover only the statements that are in use.
 *
 * @see https://docs.aws.amazon.com/waf/latest/APIReference/API_Rule.html
 */
export interface Rule {
  readonly Name: string;
  /** Position: WAF evaluates the lowest number first. */
  readonly Priority: number;
  readonly Statement: Statement;
  /** Action of a rule that is not a managed rule group. */
  readonly Action?: RuleAction;
  /** For a managed rule group: `None` keeps the actions of its rules, `Count` replaces them all. */
  readonly OverrideAction?: { readonly None: Nothing } | { readonly Count: Nothing };
  readonly VisibilityConfig: VisibilityConfig;
}

/** Rule without its priority, which `WebAcl` sets by the order of the rules. */
export type WebAclRule = Omit<Rule, "Priority">;

type Nothing = Readonly<Record<string, never>>;
const NOTHING: Nothing = {};

export interface VisibilityConfig {
  readonly CloudWatchMetricsEnabled: boolean;
  readonly MetricName: string;
  readonly SampledRequestsEnabled: boolean;
}

export type RuleAction =
  | { readonly Allow: Nothing }
  | { readonly Count: Nothing }
  | { readonly Block: Nothing | { readonly CustomResponse: CustomResponse } };

export interface CustomResponse {
  readonly ResponseCode: number;
  readonly ResponseHeaders?: readonly { readonly Name: string; readonly Value: string }[];
}

/** A statement has exactly one of these keys. */
export type Statement =
  | { readonly AndStatement: { readonly Statements: readonly Statement[] } }
  | { readonly OrStatement: { readonly Statements: readonly Statement[] } }
  | { readonly NotStatement: { readonly Statement: Statement } }
  | { readonly IPSetReferenceStatement: { readonly ARN: string } }
  | { readonly ManagedRuleGroupStatement: ManagedRuleGroupStatement }
  | { readonly RateBasedStatement: RateBasedStatement }
  | { readonly LabelMatchStatement: { readonly Scope: "LABEL"; readonly Key: string } }
  | { readonly ByteMatchStatement: ByteMatchStatement }
  | { readonly SizeConstraintStatement: SizeConstraintStatement }
  | { readonly XssMatchStatement: Inspection }
  | { readonly SqliMatchStatement: Inspection & { readonly SensitivityLevel: "LOW" | "HIGH" } };

export interface ManagedRuleGroupStatement {
  readonly VendorName: "AWS";
  readonly Name: string;
  readonly RuleActionOverrides?: readonly {
    readonly Name: string;
    readonly ActionToUse: { readonly Count: Nothing };
  }[];
}

export interface RateBasedStatement {
  readonly Limit: number;
  readonly EvaluationWindowSec: 60 | 120 | 300 | 600;
  readonly AggregateKeyType: "IP";
  readonly ScopeDownStatement?: Statement;
}

/** Part of the request that a statement inspects, and the transformations before it. */
export interface Inspection {
  readonly FieldToMatch: FieldToMatch;
  readonly TextTransformations: readonly { readonly Priority: number; readonly Type: TextTransformation }[];
}

export interface ByteMatchStatement extends Inspection {
  readonly PositionalConstraint: "EXACTLY" | "STARTS_WITH";
  /** Plain text. The provider encodes it for the API. */
  readonly SearchString: string;
}

export interface SizeConstraintStatement extends Inspection {
  readonly ComparisonOperator: "GT";
  readonly Size: number;
}

export type FieldToMatch =
  | { readonly Method: Nothing }
  | { readonly UriPath: Nothing }
  | { readonly QueryString: Nothing }
  | { readonly SingleHeader: { readonly Name: string } }
  | { readonly Body: { readonly OversizeHandling: "CONTINUE" | "MATCH" | "NO_MATCH" } };

export type TextTransformation =
  | "NONE"
  | "LOWERCASE"
  | "URL_DECODE"
  | "HTML_ENTITY_DECODE"
  | "NORMALIZE_PATH";

export const METHOD: FieldToMatch = { Method: NOTHING };
export const URI_PATH: FieldToMatch = { UriPath: NOTHING };
export const QUERY_STRING: FieldToMatch = { QueryString: NOTHING };
/** Body of the request. Bodies larger than WAF inspects (8 KiB behind a load balancer) match. */
export const BODY: FieldToMatch = { Body: { OversizeHandling: "MATCH" } };
/**
 * Header of the request.
 *
 * @param name in lower case
 */
export const header = (name: string): FieldToMatch => ({ SingleHeader: { Name: name } });

export const ALLOW: RuleAction = { Allow: NOTHING };
export const BLOCK: RuleAction = { Block: NOTHING };
/** Blocks with status 429 and the header `Retry-After` (RFC 9110, section 10.2.3). */
export const blockUntil = (retryAfterSeconds: number): RuleAction => ({
  Block: {
    CustomResponse: {
      ResponseCode: 429,
      ResponseHeaders: [{ Name: "Retry-After", Value: String(retryAfterSeconds) }],
    },
  },
});

/** Returns a rule with a metric of its name. */
export function webAclRule(name: string, statement: Statement, action: RuleAction): WebAclRule {
  return { Name: name, Statement: statement, Action: action, VisibilityConfig: visibleAs(name) };
}

export interface ManagedGroupRuleProps {
  /** Name of the rule and of its metric. */
  readonly name: string;
  /** Name that AWS gives the group, such as `AWSManagedRulesCommonRuleSet`. */
  readonly group: string;
  /** Rules of the group that count and label instead of blocking. @default none */
  readonly countedRules?: readonly string[];
  /** Count requests instead of blocking them, for all rules of the group. @default false */
  readonly isCountOnly?: boolean;
}

/** Returns a rule that uses a managed rule group of AWS. */
export function managedGroupRule(props: ManagedGroupRuleProps): WebAclRule {
  return {
    Name: props.name,
    Statement: managedGroup(props.group, props.countedRules ?? []),
    OverrideAction: props.isCountOnly ? { Count: NOTHING } : { None: NOTHING },
    VisibilityConfig: visibleAs(props.name),
  };
}

function visibleAs(metricName: string): VisibilityConfig {
  return { CloudWatchMetricsEnabled: true, MetricName: metricName, SampledRequestsEnabled: true };
}

export const all = (...statements: readonly Statement[]): Statement => ({
  AndStatement: { Statements: statements },
});

/** Matches if one of the statements matches. AWS rejects an `OrStatement` with a single statement, which is returned as is. */
export function any(first: Statement, ...others: readonly Statement[]): Statement {
  return others.length === 0 ? first : { OrStatement: { Statements: [first, ...others] } };
}

export const not = (statement: Statement): Statement => ({ NotStatement: { Statement: statement } });

export const fromAddresses = (ipSetArn: string): Statement => ({
  IPSetReferenceStatement: { ARN: ipSetArn },
});

/** Matches requests that a managed rule has labeled. AWS documents the labels. */
export const labeled = (key: string): Statement => ({
  LabelMatchStatement: { Scope: "LABEL", Key: key },
});

/**
 * Managed rule group of AWS.
 *
 * @param countedRules rules of the group that count and label instead of blocking
 */
const managedGroup = (name: string, countedRules: readonly string[]): Statement => ({
  ManagedRuleGroupStatement: {
    VendorName: "AWS",
    Name: name,
    RuleActionOverrides: countedRules.map((rule) => ({
      Name: rule,
      ActionToUse: { Count: NOTHING },
    })),
  },
});

/** Smallest and largest limit of a rate-based statement. */
const RATE_LIMIT = { min: 10, max: 2_000_000_000 };

/**
 * Matches IP addresses that send more than a number of requests in five minutes.
 *
 * @param limit 10 to 2,000,000,000 requests
 * @param within counts only requests that match this statement
 * @throws Error if AWS WAF does not accept the limit
 */
export function moreThan(limit: number, within?: Statement): Statement {
  if (!Number.isInteger(limit) || limit < RATE_LIMIT.min || limit > RATE_LIMIT.max) {
    throw new Error(
      `The rate limit ${limit} is invalid. AWS WAF accepts whole numbers from ${RATE_LIMIT.min} to ${RATE_LIMIT.max}.`,
    );
  }
  return {
    RateBasedStatement: {
      Limit: limit,
      EvaluationWindowSec: 300,
      AggregateKeyType: "IP",
      ScopeDownStatement: within,
    },
  };
}

export const methodIs = (method: string): Statement => ({
  ByteMatchStatement: {
    ...after(METHOD, "NONE"),
    PositionalConstraint: "EXACTLY",
    SearchString: method,
  },
});

/** Matches the start of the path after normalization: decoded, without `..` and double slashes, in lower case. */
export const pathStartsWith = (path: string): Statement => ({
  ByteMatchStatement: {
    ...after(URI_PATH, "URL_DECODE", "NORMALIZE_PATH", "LOWERCASE"),
    PositionalConstraint: "STARTS_WITH",
    SearchString: path,
  },
});

export const largerThan = (field: FieldToMatch, bytes: number): Statement => ({
  SizeConstraintStatement: { ...after(field, "NONE"), ComparisonOperator: "GT", Size: bytes },
});

export const hasScript = (field: FieldToMatch): Statement => ({
  XssMatchStatement: after(field, "URL_DECODE", "HTML_ENTITY_DECODE"),
});

export const hasSql = (field: FieldToMatch): Statement => ({
  SqliMatchStatement: { ...after(field, "URL_DECODE"), SensitivityLevel: "LOW" },
});

function after(field: FieldToMatch, ...transformations: readonly TextTransformation[]): Inspection {
  return {
    FieldToMatch: field,
    TextTransformations: transformations.map((type, index) => ({ Priority: index, Type: type })),
  };
}
