import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { SecurityGroups } from "@notejam/constructs/security-groups";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Security groups of load balancer, nodes and database. */
export class SecurityGroupsStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    new SecurityGroups(this, "security-groups", {
      name: "shop-prod",
      vpcId: "vpc-0123456789abcdef0",
      appPort: 8080,
    });
  }
}
