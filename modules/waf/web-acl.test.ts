import { describe, expect, it } from "vitest";
import { statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../blocks/aws-account.js";
import type { Rule, Statement } from "./rule.js";
import { WebAcl, type WebAclProps } from "./web-acl.js";

const KEY = "arn:aws:kms:eu-west-1:123456789012:key/logs";
const ALB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/notejam-dev/1";
const NONE = { ipv4: [], ipv6: [] };

const firewallWith = (changes: Partial<WebAclProps> = {}) =>
  synthesize((scope) => {
    new WebAcl(scope, "firewall", {
      name: "notejam-dev",
      account: new AwsAccount(scope, "account", { region: "eu-west-1" }),
      albArn: ALB,
      allowedAddresses: NONE,
      blockedAddresses: NONE,
      floodLimit: 2000,
      signInLimit: 100,
      logs: { retentionDays: 90, kmsKeyArn: KEY },
      ...changes,
    });
  });

function rulesOf(stack: ReturnType<typeof firewallWith>): Rule[] {
  return JSON.parse(String(stack.one("aws_wafv2_web_acl").rule_json));
}

describe("WebAcl", () => {
  const stack = firewallWith();
  const rules = rulesOf(stack);

  function rule(name: string, among = rules): Rule {
    const found = among.find(({ Name }) => Name === name);
    if (!found) throw new Error(`no rule ${name} among ${among.map(({ Name }) => Name).join(", ")}`);
    return found;
  }

  it("stands before the load balancer and lets through what no rule stops", () => {
    expect(stack.one("aws_wafv2_web_acl_association")).toMatchObject({
      resource_arn: ALB,
      web_acl_arn: expect.stringContaining("aws_wafv2_web_acl.firewall_"),
    });
    expect(stack.one("aws_wafv2_web_acl")).toMatchObject({
      scope: "REGIONAL",
      default_action: { allow: {} },
    });
  });

  it("runs its rules in this order, each under a priority and a metric of its own", () => {
    expect(rules.map(({ Name }) => Name)).toEqual([
      "allow-list",
      "block-list",
      "flood",
      "sign-in-flood",
      "ip-reputation",
      "common",
      "known-bad-inputs",
      "sql-injection",
      "threat-in-form",
      "large-form",
      "script-in-request",
      "sql-in-request",
    ]);
    const priorities = rules.map(({ Priority }) => Priority);
    expect(priorities).toEqual([...new Set(priorities)].sort((a, b) => a - b));
    expect(rules.map(({ VisibilityConfig }) => VisibilityConfig.MetricName)).toEqual(
      rules.map(({ Name }) => Name),
    );
  });

  it.each([
    ["allow-list", "allow", { Allow: {} }],
    ["block-list", "block", { Block: {} }],
  ])("%s: decides by an IPv4 and an IPv6 list, two of its own", (name, list, action) => {
    expect(rule(name)).toMatchObject({
      Action: action,
      Statement: {
        OrStatement: {
          Statements: ["ipv4", "ipv6"].map((version) => ({
            IPSetReferenceStatement: { ARN: expect.stringContaining(`_${list}-list-${version}_`) },
          })),
        },
      },
    });
  });

  it("leaves the addresses to people once the lists exist", () => {
    const sets = firewallWith({
      blockedAddresses: { ipv4: ["192.0.2.44/32"], ipv6: ["2001:db8::/32"] },
    }).resources("aws_wafv2_ip_set");
    expect(sets).toHaveLength(4);
    for (const set of sets) expect(set).toMatchObject({ lifecycle: { ignore_changes: ["addresses"] } });
    const started = Object.fromEntries(
      sets.map((set) => [set.name, [set.ip_address_version, set.addresses]]),
    );
    expect(started).toMatchObject({
      "notejam-dev-block-list-ipv4": ["IPV4", ["192.0.2.44/32"]],
      "notejam-dev-block-list-ipv6": ["IPV6", ["2001:db8::/32"]],
    });
  });

  it("turns away an address with more than 2,000 requests in five minutes, and says for how long", () => {
    expect(rule("flood")).toMatchObject({
      Statement: { RateBasedStatement: { Limit: 2000, EvaluationWindowSec: 300, AggregateKeyType: "IP" } },
      Action: {
        Block: {
          CustomResponse: { ResponseCode: 429, ResponseHeaders: [{ Name: "Retry-After", Value: "300" }] },
        },
      },
    });
  });

  it("counts only posted sign-ins, sign-ups and forgotten passwords against the tighter limit", () => {
    const { Statement: statement } = rule("sign-in-flood");
    expect(statement).toMatchObject({ RateBasedStatement: { Limit: 100, AggregateKeyType: "IP" } });
    const scope = JSON.stringify(statement);
    expect(searched(statement)).toEqual(["POST", "/signin", "/signup", "/forgot-password"]);
    expect(scope).toContain('"AndStatement"');
    expect(scope).toContain('"NORMALIZE_PATH"');
  });

  it("uses the managed groups of AWS, blocking", () => {
    const groups = rules.filter(({ OverrideAction }) => OverrideAction);
    expect(
      groups.map(
        ({ Statement }) =>
          "ManagedRuleGroupStatement" in Statement && Statement.ManagedRuleGroupStatement.Name,
      ),
    ).toEqual([
      "AWSManagedRulesAmazonIpReputationList",
      "AWSManagedRulesCommonRuleSet",
      "AWSManagedRulesKnownBadInputsRuleSet",
      "AWSManagedRulesSQLiRuleSet",
    ]);
    expect(groups.map(({ OverrideAction }) => OverrideAction)).toEqual(Array(4).fill({ None: {} }));
  });

  it("lets people keep notes of scripts, SQL and exploits, and looks for those in every other form", () => {
    const counted = JSON.stringify(rules.filter(({ OverrideAction }) => OverrideAction));
    for (const name of ["CrossSiteScripting_BODY", "GenericLFI_BODY", "SQLi_BODY", "Log4JRCE_BODY"]) {
      expect(counted).toContain(`{"Name":"${name}","ActionToUse":{"Count":{}}}`);
    }
    const form = rule("threat-in-form");
    expect(form.Action).toEqual({ Block: {} });
    expect(form.Statement).toMatchObject({
      AndStatement: {
        Statements: [
          { OrStatement: {} },
          { NotStatement: { Statement: { ByteMatchStatement: { SearchString: "/notes/" } } } },
        ],
      },
    });
    expect(labels(form)).toEqual([
      "awswaf:managed:aws:core-rule-set:EC2MetaDataSSRF_Body",
      "awswaf:managed:aws:core-rule-set:GenericLFI_Body",
      "awswaf:managed:aws:core-rule-set:GenericRFI_Body",
      "awswaf:managed:aws:core-rule-set:CrossSiteScripting_Body",
      "awswaf:managed:aws:known-bad-inputs:JavaDeserializationRCE_Body",
      "awswaf:managed:aws:known-bad-inputs:Log4JRCE_Body",
      "awswaf:managed:aws:sql-database:SQLi_Body",
      "awswaf:managed:aws:sql-database:SQLiExtendedPatterns_Body",
    ]);
  });

  it("lets a note be longer than 8 KiB, and no other form", () => {
    expect(JSON.stringify(rule("common"))).toContain(
      '{"Name":"SizeRestrictions_BODY","ActionToUse":{"Count":{}}}',
    );
    expect(rule("large-form")).toMatchObject({
      Statement: {
        AndStatement: {
          Statements: [
            {
              SizeConstraintStatement: {
                Size: 8192,
                ComparisonOperator: "GT",
                FieldToMatch: { Body: { OversizeHandling: "MATCH" } },
              },
            },
            { NotStatement: {} },
          ],
        },
      },
      Action: { Block: {} },
    });
  });

  it("looks for scripts and SQL in query, path, authorization and cookie", () => {
    expect(fields(rule("script-in-request"))).toEqual(["QueryString", "UriPath", "authorization", "cookie"]);
    expect(fields(rule("sql-in-request"))).toEqual(["UriPath", "authorization"]);
  });

  it("can watch a group before it blocks, its share of threat-in-form included", () => {
    const watching = rulesOf(firewallWith({ countOnly: ["AWSManagedRulesSQLiRuleSet"] }));
    expect(rule("sql-injection", watching).OverrideAction).toEqual({ Count: {} });
    expect(rule("common", watching).OverrideAction).toEqual({ None: {} });
    expect(labels(rule("threat-in-form", watching)).join()).not.toContain("sql-database");
    const watchingAll = firewallWith({
      countOnly: [
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesSQLiRuleSet",
      ],
    });
    expect(rulesOf(watchingAll).map(({ Name }) => Name)).not.toContain("threat-in-form");
  });

  it("gives every rule either an action or, for a group, an override, as AWS demands", () => {
    for (const { Name, Action, OverrideAction, Statement } of rules) {
      const isGroup = "ManagedRuleGroupStatement" in Statement;
      expect([Action !== undefined, OverrideAction !== undefined], Name).toEqual([!isGroup, isGroup]);
    }
  });

  it("refuses limits that AWS refuses and groups that are not there", () => {
    expect(() => firewallWith({ floodLimit: 5 })).toThrow(
      /floodLimit is 5; AWS WAF takes whole numbers from 10/,
    );
    expect(() => firewallWith({ signInLimit: 10.5 })).toThrow(/signInLimit is 10.5/);
    expect(() => firewallWith({ countOnly: ["Comon"] })).toThrow(
      /"Comon", which is none of .*AWSManagedRulesCommonRuleSet/,
    );
  });
});

describe("the firewall's log", () => {
  const stack = firewallWith();

  it("is kept for the time asked for, under our key", () => {
    expect(stack.one("aws_cloudwatch_log_group")).toMatchObject({
      name: "aws-waf-logs-notejam-dev",
      retention_in_days: 90,
      kms_key_id: KEY,
    });
  });

  it("never holds what identifies a session", () => {
    expect(stack.one("aws_wafv2_web_acl_logging_configuration").redacted_fields).toEqual([
      { single_header: { name: "authorization" } },
      { single_header: { name: "cookie" } },
    ]);
  });

  it("keeps what was blocked or counted and drops the rest", () => {
    expect(stack.one("aws_wafv2_web_acl_logging_configuration").logging_filter).toEqual({
      default_behavior: "DROP",
      filter: [
        {
          behavior: "KEEP",
          requirement: "MEETS_ANY",
          condition: ["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"].map((action) => ({
            action_condition: { action },
          })),
        },
      ],
    });
  });

  it("admits the delivery of this account only, before logging is switched on", () => {
    const policy = stack.one("aws_cloudwatch_log_resource_policy");
    expect(statementsOf(policy.policy_document)).toMatchObject([
      {
        Principal: { Service: ["delivery.logs.amazonaws.com"] },
        Condition: { StringEquals: { "aws:SourceAccount": expect.stringContaining("caller_identity") } },
      },
    ]);
    expect(stack.one("aws_wafv2_web_acl_logging_configuration").depends_on).toEqual([
      `aws_cloudwatch_log_resource_policy.${policy.id}`,
    ]);
  });
});

/** Every value under a key, in the order of the text, however deep. */
function valuesOf(key: string, value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => (name === key ? [inner] : valuesOf(key, inner)));
}

const searched = (statement: Statement) => valuesOf("SearchString", statement);
const labels = (rule: Rule) => valuesOf("Key", rule.Statement);
const fields = (rule: Rule) =>
  valuesOf("FieldToMatch", rule.Statement).map(
    (field) => valuesOf("Name", field)[0] ?? Object.keys(Object(field))[0],
  );
