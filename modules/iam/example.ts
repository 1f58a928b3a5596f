import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { AwsAccount } from "@notejam/constructs/core/aws-account";
import { PodRole } from "@notejam/constructs/iam/pod-role";
import { externalDns } from "@notejam/constructs/iam/policies/external-dns";
import { secretReader } from "@notejam/constructs/iam/policies/secret-reader";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Roles of two service accounts. */
export class IdentitiesStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    const account = new AwsAccount(this, "account", { region: "eu-west-1" });
    const cluster = { globalName: "shop-prod-eu-west-1", account, clusterName: "shop-prod" };
    new PodRole(this, "external-dns", {
      ...cluster,
      namespace: "kube-system",
      serviceAccount: "external-dns",
      statements: externalDns("arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ"),
    });
    new PodRole(this, "shop", {
      ...cluster,
      namespace: "shop",
      serviceAccount: "shop",
      statements: secretReader(
        account.arn("secretsmanager", "secret:shop/prod/database-AbCdEf"),
        "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      ),
    });
  }
}
