/**
 * AWS managed rule groups that Notejam's web ACL uses.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
 */
export const MANAGED_RULE_GROUPS = [
  "AWSManagedRulesAmazonIpReputationList",
  "AWSManagedRulesCommonRuleSet",
  "AWSManagedRulesKnownBadInputsRuleSet",
  "AWSManagedRulesSQLiRuleSet",
] as const;

/** Name of a managed rule group in use. */
export type ManagedRuleGroup = (typeof MANAGED_RULE_GROUPS)[number];
