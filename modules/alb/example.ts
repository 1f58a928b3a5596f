import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { ApplicationLoadBalancer } from "@notejam/constructs/alb/application-load-balancer";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Load balancer that the AWS Load Balancer Controller of a cluster adopts. */
export class LoadBalancerStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    new ApplicationLoadBalancer(this, "alb", {
      name: "shop-prod",
      publicSubnetIds: ["subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"],
      securityGroupIds: ["sg-0123456789abcdef0"],
      clusterName: "shop-prod",
      certificateArn: "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012",
      accessLogs: { bucketName: "shop-prod-access-logs", prefix: "alb" },
      deletionProtection: true,
    });
  }
}
