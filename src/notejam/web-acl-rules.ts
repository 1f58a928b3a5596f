import {
  all,
  any,
  BLOCK,
  BODY,
  blockUntil,
  hasScript,
  hasSql,
  header,
  labeled,
  largerThan,
  managedGroupRule,
  methodIs,
  moreThan,
  not,
  pathStartsWith,
  QUERY_STRING,
  type Statement,
  URI_PATH,
  type WebAclRule,
  webAclRule,
} from "@notejam/constructs/waf/rule";
import { MANAGED_RULE_GROUPS, type ManagedRuleGroup } from "./managed-rule-groups.js";

/** Managed rule group of AWS, with the exceptions for an application that stores texts of its users. */
interface ManagedGroup {
  readonly name: ManagedRuleGroup;
  /** Name of the rule and of its metric. */
  readonly ruleName: string;
  /** Rules that count and label instead of blocking. */
  readonly counted: readonly string[];
  /** Labels of the counted rules that inspect the body. The rule `threat-in-form` blocks by them. */
  readonly bodyLabels: readonly string[];
}

const CORE = "awswaf:managed:aws:core-rule-set";
const BAD_INPUTS = "awswaf:managed:aws:known-bad-inputs";
const SQL = "awswaf:managed:aws:sql-database";

/**
 * Managed rule groups in use. A note may contain shell commands, paths, scripts or SQL. Therefore the rules that inspect
 * bodies only count and label, and `threat-in-form` blocks by those labels on all pages except notes. The application
 * escapes its output and binds its query parameters.
 *
 * `SizeRestrictions_BODY` (8 KiB) counts because a note may have 1 MB, `NoUserAgent_HEADER` because privacy proxies
 * remove the header. AWSManagedRulesAnonymousIpList is not in use: it would block users behind a VPN.
 *
 * The labels are spelled as AWS documents them. They do not follow from the names of the rules.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
 */
const MANAGED_GROUPS: readonly ManagedGroup[] = [
  {
    // IP addresses of attackers, scanners and probes.
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

export interface NotejamRulesProps {
  /** Requests per IP address in five minutes, 10 to 2,000,000,000. */
  readonly floodLimit: number;
  /** Posted sign-ins, sign-ups and password resets per IP address in five minutes, 10 to 2,000,000,000. */
  readonly signInLimit: number;
  /** Managed rule groups that only count. @default none */
  readonly countOnly?: readonly string[];
}

/** Evaluation window of the rate limits in seconds. */
const WINDOW_SECONDS = 300;

/** Limit for all forms except notes. WAF inspects no more of a body behind a load balancer. */
const FORM_LIMIT_BYTES = 8192;

const ON_NOTES = pathStartsWith("/notes/");
const SIGNING_IN = all(
  methodIs("POST"),
  any(pathStartsWith("/signin"), pathStartsWith("/signup"), pathStartsWith("/forgot-password")),
);

/**
 * Returns the rules of Notejam's web ACL after its address lists, in the order of their evaluation.
 *
 * They need fewer than 1,500 capacity units (WCU), above which AWS charges extra. The managed rule groups need 1,125.
 *
 * @throws Error if a limit is out of range or `countOnly` names an unknown group
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-waf-capacity-units.html
 */
export function notejamRules({ floodLimit, signInLimit, countOnly = [] }: NotejamRulesProps): WebAclRule[] {
  validateGroups(countOnly);
  const enforcedLabels = MANAGED_GROUPS.filter(({ name }) => !countOnly.includes(name)).flatMap(
    ({ bodyLabels }) => bodyLabels,
  );
  return [
    webAclRule("flood", moreThan(floodLimit), blockUntil(WINDOW_SECONDS)),
    webAclRule("sign-in-flood", moreThan(signInLimit, SIGNING_IN), blockUntil(WINDOW_SECONDS)),
    ...MANAGED_GROUPS.map(({ name, ruleName, counted }) =>
      managedGroupRule({
        name: ruleName,
        group: name,
        countedRules: counted,
        isCountOnly: countOnly.includes(name),
      }),
    ),
    ...threatInForm(enforcedLabels),
    webAclRule("large-form", all(largerThan(BODY, FORM_LIMIT_BYTES), not(ON_NOTES)), BLOCK),
    webAclRule("script-in-request", scriptInRequest(), BLOCK),
    webAclRule("sql-in-request", any(hasSql(URI_PATH), hasSql(header("authorization"))), BLOCK),
  ];
}

function validateGroups(countOnly: readonly string[]): void {
  for (const group of countOnly) {
    if (MANAGED_RULE_GROUPS.some((name) => name === group)) continue;
    throw new Error(
      `countOnly contains "${group}", which is not a managed rule group in use. Use one of: ${MANAGED_RULE_GROUPS.join(", ")}.`,
    );
  }
}

/** Inspects what the common rule set omits: the whole query string and the header `Authorization`. */
function scriptInRequest(): Statement {
  const [first, ...others] = [QUERY_STRING, URI_PATH, header("authorization"), header("cookie")] as const;
  return any(hasScript(first), ...others.map(hasScript));
}

function threatInForm(labels: readonly string[]): WebAclRule[] {
  const [first, ...others] = labels;
  if (first === undefined) return [];
  const threat = any(labeled(first), ...others.map(labeled));
  return [webAclRule("threat-in-form", all(threat, not(ON_NOTES)), BLOCK)];
}
