import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { AwsAccount } from "@notejam/constructs/core/aws-account";
import { blockUntil, managedGroupRule, moreThan, webAclRule } from "@notejam/constructs/waf/rule";
import { WebAcl } from "@notejam/constructs/waf/web-acl";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Web ACL with a rate limit and a managed rule group. */
export class WebAclStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    const account = new AwsAccount(this, "account", { region: "eu-west-1" });
    new WebAcl(this, "web-acl", {
      name: "shop-prod",
      account,
      albArn:
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop-prod/50dc6c495c0c9188",
      allowedAddresses: { ipv4: [], ipv6: [] },
      blockedAddresses: { ipv4: ["192.0.2.44/32"], ipv6: [] },
      rules: [
        webAclRule("flood", moreThan(2000), blockUntil(300)),
        managedGroupRule({ name: "common", group: "AWSManagedRulesCommonRuleSet", isCountOnly: true }),
      ],
      logs: {
        retentionDays: 90,
        kmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      },
    });
  }
}
