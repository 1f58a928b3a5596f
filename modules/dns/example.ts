import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { Dns } from "@notejam/constructs/dns";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Certificate of a host name. */
export class DnsStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    new Dns(this, "dns", { hostedZoneName: "example.org", hostName: "shop.example.org" });
  }
}
