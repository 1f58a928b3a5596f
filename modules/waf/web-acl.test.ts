import { describe, expect, it } from "vitest";
import { statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../core/aws-account.js";
import { blockUntil, managedGroupRule, moreThan, type Rule, webAclRule } from "./rule.js";
import { WebAcl, type WebAclProps } from "./web-acl.js";

const KEY = "arn:aws:kms:eu-west-1:123456789012:key/logs";
const ALB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/notejam-dev/1";
const NONE = { ipv4: [], ipv6: [] };

const webAclWith = (changes: Partial<WebAclProps> = {}) =>
  synthesize((scope) => {
    new WebAcl(scope, "web-acl", {
      name: "notejam-dev",
      account: new AwsAccount(scope, "account", { region: "eu-west-1" }),
      albArn: ALB,
      allowedAddresses: NONE,
      blockedAddresses: NONE,
      rules: [
        managedGroupRule({
          name: "common",
          group: "AWSManagedRulesCommonRuleSet",
          countedRules: ["SizeRestrictions_BODY"],
        }),
        webAclRule("flood", moreThan(2000), blockUntil(300)),
      ],
      logs: { retentionDays: 90, kmsKeyArn: KEY },
      ...changes,
    });
  });

function rulesOf(stack: ReturnType<typeof webAclWith>): Rule[] {
  return JSON.parse(String(stack.one("aws_wafv2_web_acl").rule_json));
}

describe("WebAcl", () => {
  const stack = webAclWith();
  const rules = rulesOf(stack);

  function rule(name: string, among = rules): Rule {
    const found = among.find(({ Name }) => Name === name);
    if (!found) throw new Error(`no rule ${name} among ${among.map(({ Name }) => Name).join(", ")}`);
    return found;
  }

  it("protects the load balancer and allows requests that match no rule", () => {
    expect(stack.one("aws_wafv2_web_acl_association")).toMatchObject({
      resource_arn: ALB,
      web_acl_arn: expect.stringContaining("aws_wafv2_web_acl.web-acl_"),
    });
    expect(stack.one("aws_wafv2_web_acl")).toMatchObject({
      scope: "REGIONAL",
      default_action: { allow: {} },
    });
  });

  it("evaluates the address lists first, then the given rules in their order", () => {
    expect(rules.map(({ Name, Priority }) => [Name, Priority])).toEqual([
      ["allow-list", 10],
      ["block-list", 20],
      ["common", 30],
      ["flood", 40],
    ]);
  });

  it.each([
    ["allow-list", "allow", { Allow: {} }],
    ["block-list", "block", { Block: {} }],
  ])("%s matches its own IPv4 set and IPv6 set", (name, list, action) => {
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

  it("creates the lists with initial addresses and ignores later changes", () => {
    const sets = webAclWith({
      blockedAddresses: { ipv4: ["192.0.2.44/32"], ipv6: ["2001:db8::/32"] },
    }).resources("aws_wafv2_ip_set");
    expect(sets).toHaveLength(4);
    for (const set of sets) expect(set).toMatchObject({ lifecycle: { ignore_changes: ["addresses"] } });
    const initial = Object.fromEntries(
      sets.map((set) => [set.name, [set.ip_address_version, set.addresses]]),
    );
    expect(initial).toMatchObject({
      "notejam-dev-block-list-ipv4": ["IPV4", ["192.0.2.44/32"]],
      "notejam-dev-block-list-ipv6": ["IPV6", ["2001:db8::/32"]],
    });
  });

  it("gives a managed rule group an override action, and all other rules an action", () => {
    for (const { Name, Action, OverrideAction, Statement } of rules) {
      const isGroup = "ManagedRuleGroupStatement" in Statement;
      expect([Action !== undefined, OverrideAction !== undefined], Name).toEqual([!isGroup, isGroup]);
    }
  });
});

describe("log of the web ACL", () => {
  const stack = webAclWith();

  it("has a retention and the given key", () => {
    expect(stack.one("aws_cloudwatch_log_group")).toMatchObject({
      name: "aws-waf-logs-notejam-dev",
      retention_in_days: 90,
      kms_key_id: KEY,
    });
  });

  it("omits headers with session data", () => {
    expect(stack.one("aws_wafv2_web_acl_logging_configuration").redacted_fields).toEqual([
      { single_header: { name: "authorization" } },
      { single_header: { name: "cookie" } },
    ]);
  });

  it("contains blocked and counted requests only", () => {
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

  it("allows log delivery for this account only, before logging starts", () => {
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
