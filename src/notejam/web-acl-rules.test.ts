import type { Statement, WebAclRule } from "@notejam/constructs/waf/rule";
import { describe, expect, it } from "vitest";
import { type NotejamRulesProps, notejamRules } from "./web-acl-rules.js";

const rulesWith = (changes: Partial<NotejamRulesProps> = {}) =>
  notejamRules({ floodLimit: 2000, signInLimit: 100, ...changes });

describe("rules of Notejam's web ACL", () => {
  const rules = rulesWith();

  function rule(name: string, among: readonly WebAclRule[] = rules): WebAclRule {
    const found = among.find(({ Name }) => Name === name);
    if (!found) throw new Error(`no rule ${name} among ${among.map(({ Name }) => Name).join(", ")}`);
    return found;
  }

  it("are evaluated in this order, each with a metric of its name", () => {
    expect(rules.map(({ Name }) => Name)).toEqual([
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
    expect(rules.map(({ VisibilityConfig }) => VisibilityConfig.MetricName)).toEqual(
      rules.map(({ Name }) => Name),
    );
  });

  it("block an IP address after 2,000 requests in five minutes, with Retry-After", () => {
    expect(rule("flood")).toMatchObject({
      Statement: { RateBasedStatement: { Limit: 2000, EvaluationWindowSec: 300, AggregateKeyType: "IP" } },
      Action: {
        Block: {
          CustomResponse: { ResponseCode: 429, ResponseHeaders: [{ Name: "Retry-After", Value: "300" }] },
        },
      },
    });
  });

  it("apply the lower limit to posted sign-ins, sign-ups and password resets only", () => {
    const { Statement: statement } = rule("sign-in-flood");
    expect(statement).toMatchObject({ RateBasedStatement: { Limit: 100, AggregateKeyType: "IP" } });
    const scope = JSON.stringify(statement);
    expect(searched(statement)).toEqual(["POST", "/signin", "/signup", "/forgot-password"]);
    expect(scope).toContain('"AndStatement"');
    expect(scope).toContain('"NORMALIZE_PATH"');
  });

  it("include the managed rule groups, which block", () => {
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

  it("allow scripts, SQL and exploits in notes, and block them in all other forms", () => {
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

  it("allow bodies of more than 8 KiB for notes only", () => {
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

  it("inspect query string, path, Authorization and Cookie for scripts and SQL", () => {
    expect(fields(rule("script-in-request"))).toEqual(["QueryString", "UriPath", "authorization", "cookie"]);
    expect(fields(rule("sql-in-request"))).toEqual(["UriPath", "authorization"]);
  });

  it("only count a managed rule group on request, including its labels in threat-in-form", () => {
    const counting = rulesWith({ countOnly: ["AWSManagedRulesSQLiRuleSet"] });
    expect(rule("sql-injection", counting).OverrideAction).toEqual({ Count: {} });
    expect(rule("common", counting).OverrideAction).toEqual({ None: {} });
    expect(labels(rule("threat-in-form", counting)).join()).not.toContain("sql-database");
    const countingAll = rulesWith({
      countOnly: [
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesSQLiRuleSet",
      ],
    });
    expect(countingAll.map(({ Name }) => Name)).not.toContain("threat-in-form");
  });

  it.each([5, 10.5, 2_000_000_001])("reject the limit %s", (limit) => {
    expect(() => rulesWith({ floodLimit: limit })).toThrow(
      /AWS WAF accepts whole numbers from 10 to 2000000000/,
    );
    expect(() => rulesWith({ signInLimit: limit })).toThrow(/AWS WAF accepts whole numbers/);
  });

  it("reject a managed rule group that is not in use", () => {
    expect(() => rulesWith({ countOnly: ["Comon"] })).toThrow(
      /"Comon", which is not a managed rule group in use.*AWSManagedRulesCommonRuleSet/,
    );
  });
});

/** Returns all values of a key at any depth, in the order of the JSON text. */
function valuesOf(key: string, value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => (name === key ? [inner] : valuesOf(key, inner)));
}

const searched = (statement: Statement) => valuesOf("SearchString", statement);
const labels = (rule: WebAclRule) => valuesOf("Key", rule.Statement);
const fields = (rule: WebAclRule) =>
  valuesOf("FieldToMatch", rule.Statement).map(
    (field) => valuesOf("Name", field)[0] ?? Object.keys(Object(field))[0],
  );
