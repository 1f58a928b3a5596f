import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { GithubProvider } from "@cdktf/provider-github/lib/provider/index.js";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider/index.js";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider/index.js";
import { EphemeralResource } from "@notejam/constructs/core/ephemeral-resource";
import { Flux } from "@notejam/constructs/flux";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Flux on an EKS cluster, reconciling a GitHub repository. */
export class FluxStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    const token = new EphemeralResource(this, "token", {
      type: "aws_eks_cluster_auth",
      config: { name: "shop-prod" },
    }).attribute("token");
    const cluster = { host: "https://ABCDEF.gr7.eu-west-1.eks.amazonaws.com", token };
    new KubernetesProvider(this, "kubernetes", cluster);
    new HelmProvider(this, "helm", { kubernetes: cluster });
    new GithubProvider(this, "github", { owner: "example" });
    new Flux(this, "flux", {
      clusterName: "shop-prod",
      sourceName: "prod-source",
      repository: { name: "operations", owner: "example", branch: "main", files: [] },
      clusterVars: { environment: "prod" },
    });
  }
}
