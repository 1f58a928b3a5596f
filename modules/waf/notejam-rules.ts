import type { ManagedRuleGroup } from "./managed-rule-groups.js";
import {
  ALLOW,
  all,
  any,
  BLOCK,
  BODY,
  blockUntil,
  COUNT_GROUP,
  ENFORCE_GROUP,
  fromAddresses,
  hasScript,
  hasSql,
  header,
  labelled,
  largerThan,
  managedGroup,
  methodIs,
  moreThan,
  not,
  pathStartsWith,
  QUERY_STRING,
  type Rule,
  type RuleAction,
  type Statement,
  URI_PATH,
} from "./rule.js";

/** A group of rules that AWS keeps, with what must be different for an application that stores people's texts. */
interface ManagedGroup {
  readonly name: ManagedRuleGroup;
  /** In the metric's name. */
  readonly ruleName: string;
  /** Rules that count instead of blocking. */
  readonly counted: readonly string[];
  /** What counted rules that read the body put on the request; taken up again by `threat-in-form`. */
  readonly bodyLabels: readonly string[];
}

const CORE = "awswaf:managed:aws:core-rule-set";
const BAD_INPUTS = "awswaf:managed:aws:known-bad-inputs";
const SQL = "awswaf:managed:aws:sql-database";

/**
 * A note may hold a shell command, a path, a script or a line of SQL: that is what people keep notes of. So the rules
 * that read bodies only count and label here, and `threat-in-form` blocks by those labels everywhere but on notes.
 * The application escapes what it shows and binds what it stores.
 *
 * `SizeRestrictions_BODY` (8 KiB) counts since a note may have 1 MB; `NoUserAgent_HEADER` since privacy proxies take
 * the header away. AWSManagedRulesAnonymousIpList is left out on purpose: it would lock out readers behind a VPN.
 *
 * Labels are spelt as AWS documents them; they cannot be derived from the rules' names.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
 */
const MANAGED_GROUPS: readonly ManagedGroup[] = [
  {
    // Known attackers, scanners and probes.
    name: "AWSManagedRulesAmazonIpReputationList",
    ruleName: "ip-reputation",
    counted: [],
    bodyLabels: [],
  },
  {
    name: "AWSManagedRulesCommonRuleSet",
    ruleName: "common",
    counted: [
      "SizeRestrictions_BODY",
      "NoUserAgent_HEADER",
      "EC2MetaDataSSRF_BODY",
      "GenericLFI_BODY",
      "GenericRFI_BODY",
      "CrossSiteScripting_BODY",
    ],
    bodyLabels: [
      `${CORE}:EC2MetaDataSSRF_Body`,
      `${CORE}:GenericLFI_Body`,
      `${CORE}:GenericRFI_Body`,
      `${CORE}:CrossSiteScripting_Body`,
    ],
  },
  {
    name: "AWSManagedRulesKnownBadInputsRuleSet",
    ruleName: "known-bad-inputs",
    counted: ["JavaDeserializationRCE_BODY", "Log4JRCE_BODY"],
    bodyLabels: [`${BAD_INPUTS}:JavaDeserializationRCE_Body`, `${BAD_INPUTS}:Log4JRCE_Body`],
  },
  {
    name: "AWSManagedRulesSQLiRuleSet",
    ruleName: "sql-injection",
    counted: ["SQLi_BODY", "SQLiExtendedPatterns_BODY"],
    bodyLabels: [`${SQL}:SQLi_Body`, `${SQL}:SQLiExtendedPatterns_Body`],
  },
];

/** What the rules need to know of the environment. */
export interface NotejamRulesProps {
  /** ARNs of the IP sets. */
  readonly allowed: readonly [ipv4: string, ipv6: string];
  readonly blocked: readonly [ipv4: string, ipv6: string];
  /** Requests of one address in five minutes. */
  readonly floodLimit: number;
  /** Posted sign-ins, sign-ups and forgotten passwords of one address in five minutes. */
  readonly signInLimit: number;
  /** Managed groups that only count. */
  readonly countOnly: readonly string[];
}

const WINDOW_SECONDS = 300;
/** Larger than any form but a note's, and as much of a body as WAF reads behind a load balancer. */
const FORM_LIMIT_BYTES = 8192;
/** Room between the rules, so that one more does not renumber the others. */
const PRIORITY_STEP = 10;

const ON_NOTES = pathStartsWith("/notes/");
const SIGNING_IN = all(
  methodIs("POST"),
  any(pathStartsWith("/signin"), pathStartsWith("/signup"), pathStartsWith("/forgot-password")),
);

/**
 * The firewall's rules, in the order in which they run.
 *
 * Under 1,500 capacity units, beyond which AWS charges extra: the managed groups take 1,125 of them.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-waf-capacity-units.html
 */
export function notejamRules(props: NotejamRulesProps): Rule[] {
  const enforcedLabels = MANAGED_GROUPS.filter(({ name }) => !props.countOnly.includes(name)).flatMap(
    ({ bodyLabels }) => bodyLabels,
  );
  const rules = [
    ownRule("allow-list", any(...sources(props.allowed)), ALLOW),
    ownRule("block-list", any(...sources(props.blocked)), BLOCK),
    ownRule("flood", moreThan(props.floodLimit), blockUntil(WINDOW_SECONDS)),
    ownRule("sign-in-flood", moreThan(props.signInLimit, SIGNING_IN), blockUntil(WINDOW_SECONDS)),
    ...MANAGED_GROUPS.map((group) => groupRule(group, props.countOnly.includes(group.name))),
    ...threatInForm(enforcedLabels),
    ownRule("large-form", all(largerThan(BODY, FORM_LIMIT_BYTES), not(ON_NOTES)), BLOCK),
    ownRule("script-in-request", scriptInRequest(), BLOCK),
    ownRule("sql-in-request", any(hasSql(URI_PATH), hasSql(header("authorization"))), BLOCK),
  ];
  return rules.map((rule, index) => ({ ...rule, Priority: (index + 1) * PRIORITY_STEP }));
}

type UnplacedRule = Omit<Rule, "Priority">;

function sources([ipv4, ipv6]: readonly [string, string]): [Statement, Statement] {
  return [fromAddresses(ipv4), fromAddresses(ipv6)];
}

/** Cookies and query as the common group has them, and what it leaves out: the whole query, the authorization header. */
function scriptInRequest(): Statement {
  const [first, ...others] = [QUERY_STRING, URI_PATH, header("authorization"), header("cookie")] as const;
  return any(hasScript(first), ...others.map(hasScript));
}

function threatInForm(labels: readonly string[]): UnplacedRule[] {
  const [first, ...others] = labels;
  if (first === undefined) return [];
  const threat = any(labelled(first), ...others.map(labelled));
  return [ownRule("threat-in-form", all(threat, not(ON_NOTES)), BLOCK)];
}

function ownRule(name: string, statement: Statement, action: RuleAction): UnplacedRule {
  return { Name: name, Statement: statement, Action: action, VisibilityConfig: visibleAs(name) };
}

function groupRule(group: ManagedGroup, countOnly: boolean): UnplacedRule {
  return {
    Name: group.ruleName,
    Statement: managedGroup(group.name, group.counted),
    OverrideAction: countOnly ? COUNT_GROUP : ENFORCE_GROUP,
    VisibilityConfig: visibleAs(group.ruleName),
  };
}

function visibleAs(metricName: string) {
  return { CloudWatchMetricsEnabled: true, MetricName: metricName, SampledRequestsEnabled: true };
}
