/**
 * The rules of a web ACL as the WAF API spells them, for the `rule_json` argument.
 *
 * The AWS provider drops a key that it does not know without a word, so a misspelt one would weaken the firewall
 * unseen. Here the compiler knows the keys. Only what this project uses is described.
 *
 * @see https://docs.aws.amazon.com/waf/latest/APIReference/API_Rule.html
 */
export interface Rule {
  readonly Name: string;
  /** Rules run from the lowest number to the highest. */
  readonly Priority: number;
  readonly Statement: Statement;
  /** For every rule but a managed group. */
  readonly Action?: RuleAction;
  /** For a managed group: whether its rules act as they are made to, or only count. */
  readonly OverrideAction?: { readonly None: Nothing } | { readonly Count: Nothing };
  readonly VisibilityConfig: VisibilityConfig;
}

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

/** Where a statement looks, after which transformations. */
export interface Inspection {
  readonly FieldToMatch: FieldToMatch;
  readonly TextTransformations: readonly { readonly Priority: number; readonly Type: TextTransformation }[];
}

export interface ByteMatchStatement extends Inspection {
  readonly PositionalConstraint: "EXACTLY" | "STARTS_WITH";
  /** Plain text: the provider does the encoding that the API wants. */
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
/** A body beyond what WAF reads (8 KiB behind a load balancer) counts as a match. */
export const BODY: FieldToMatch = { Body: { OversizeHandling: "MATCH" } };
/** @param name - in lower case */
export const header = (name: string): FieldToMatch => ({ SingleHeader: { Name: name } });

export const ALLOW: RuleAction = { Allow: NOTHING };
export const BLOCK: RuleAction = { Block: NOTHING };
/** Says when to come back, as RFC 9110 (section 10.2.3) has it. */
export const blockUntil = (retryAfterSeconds: number): RuleAction => ({
  Block: {
    CustomResponse: {
      ResponseCode: 429,
      ResponseHeaders: [{ Name: "Retry-After", Value: String(retryAfterSeconds) }],
    },
  },
});
export const COUNT_GROUP = { Count: NOTHING };
export const ENFORCE_GROUP = { None: NOTHING };

export const all = (...statements: readonly Statement[]): Statement => ({
  AndStatement: { Statements: statements },
});

/** AWS refuses an "or" of one: that one is given back as it is. */
export function any(first: Statement, ...others: readonly Statement[]): Statement {
  return others.length === 0 ? first : { OrStatement: { Statements: [first, ...others] } };
}

export const not = (statement: Statement): Statement => ({ NotStatement: { Statement: statement } });

export const fromAddresses = (ipSetArn: string): Statement => ({
  IPSetReferenceStatement: { ARN: ipSetArn },
});

/** A label that a managed rule puts on a request; the exact spelling is AWS's. */
export const labelled = (key: string): Statement => ({
  LabelMatchStatement: { Scope: "LABEL", Key: key },
});

/** @param countedRules - rules of the group that only count (and label), whatever the group does */
export const managedGroup = (name: string, countedRules: readonly string[]): Statement => ({
  ManagedRuleGroupStatement: {
    VendorName: "AWS",
    Name: name,
    RuleActionOverrides: countedRules.map((rule) => ({
      Name: rule,
      ActionToUse: { Count: NOTHING },
    })),
  },
});

/** More than `limit` requests of one address in five minutes, of those that `within` describes. */
export const moreThan = (limit: number, within?: Statement): Statement => ({
  RateBasedStatement: {
    Limit: limit,
    EvaluationWindowSec: 300,
    AggregateKeyType: "IP",
    ScopeDownStatement: within,
  },
});

export const methodIs = (method: string): Statement => ({
  ByteMatchStatement: {
    ...after(METHOD, "NONE"),
    PositionalConstraint: "EXACTLY",
    SearchString: method,
  },
});

/** The path as a server would resolve it: decoded, without `..` and doubled slashes, in lower case. */
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
