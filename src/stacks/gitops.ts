import { GithubProvider } from "@cdktf/provider-github/lib/provider/index.js";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider/index.js";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider/index.js";
import { EphemeralResource } from "@notejam/constructs/core/ephemeral-resource";
import { base64decode } from "@notejam/constructs/core/terraform-functions";
import { Flux } from "@notejam/constructs/flux";
import { ActionsSettings } from "@notejam/constructs/github/actions-settings";
import {
  MAIN_BRANCH,
  OperationsRepository,
  type TreeFile,
} from "@notejam/constructs/github/operations-repository";
import type { App } from "cdktf";
import type { Environment } from "../config/environment.js";
import { type Names, namesOf } from "../config/names.js";
import { type Organization, operationsRepositoryOf } from "../config/organization.js";
import { tagsOf } from "../config/tags.js";
import { AwsStack } from "./aws-stack.js";
import { clusterVars } from "./cluster-vars.js";
import { githubOwnerVariable, githubTokenVariable } from "./input-variables.js";
import { type PlatformOutputs, readPlatformOutputs } from "./platform/outputs.js";

export interface GitopsStackProps {
  readonly environment: Environment;
  readonly organization: Organization;
  /** Flux tree, the same for every environment. */
  readonly tree: readonly TreeFile[];
}

/** Files of the tree that image automation edits. */
export const UNMANAGED_FILES = ["microservices/notejam/image/kustomization.yaml"] as const;

/**
 * Resources of one environment in its cluster and in GitHub: the repository with the Flux tree, Flux, the variables
 * that Flux substitutes, and the variables of the workflows.
 *
 * Reads the platform's outputs, so that no provider is configured from a resource of the same state.
 */
export class GitopsStack extends AwsStack {
  private readonly environment: Environment;
  private readonly names: Names;
  private readonly platform: PlatformOutputs;
  private readonly githubOwner: string;

  constructor(app: App, { environment, organization, tree }: GitopsStackProps) {
    const names = namesOf(environment);
    super(app, names.gitopsStack, {
      organization,
      region: environment.region,
      tags: tagsOf(environment),
      production: environment.production,
    });
    this.environment = environment;
    this.names = names;
    this.githubOwner = githubOwnerVariable(this);
    const { hostname, organization: owner } = organization.terraformCloud;
    this.platform = readPlatformOutputs(this, "platform", {
      hostname,
      organization: owner,
      workspace: names.platformStack,
    });
    this.addProviders();
    const repository = this.addRepository(operationsRepositoryOf(organization, environment), tree);
    this.addFlux(repository);
    this.addActionsSettings();
  }

  private addProviders(): void {
    const { platform } = this;
    new GithubProvider(this, "github", { owner: this.githubOwner, token: githubTokenVariable(this) });
    const cluster = {
      host: platform.cluster_endpoint,
      clusterCaCertificate: base64decode(platform.cluster_ca_certificate),
      token: new EphemeralResource(this, "cluster-token", {
        type: "aws_eks_cluster_auth",
        config: { name: platform.cluster_name },
      }).attribute("token"),
    };
    new KubernetesProvider(this, "kubernetes", cluster);
    // Helm stores releases in ConfigMaps, because the plan role may read those but no Secret.
    new HelmProvider(this, "helm", { kubernetes: cluster, helmDriver: "configmap" });
  }

  private addRepository(name: string, tree: readonly TreeFile[]): OperationsRepository {
    const { production } = this.environment;
    return new OperationsRepository(this, "repository", {
      name,
      environment: this.names.environmentId,
      files: tree,
      unmanagedFiles: UNMANAGED_FILES,
      imageUpdates: production ? "pull-request" : "push",
      archiveOnDestroy: production,
    });
  }

  private addFlux({ repositoryName, files }: OperationsRepository): void {
    const { environment, names, platform, githubOwner } = this;
    new Flux(this, "flux", {
      clusterName: names.clusterName,
      sourceName: names.fluxSource,
      repository: { name: repositoryName, owner: githubOwner, branch: MAIN_BRANCH, files },
      clusterVars: clusterVars({ environment, platform, githubOwner }),
    });
  }

  private addActionsSettings(): void {
    const { environment, names, platform } = this;
    for (const repository of environment.githubRepositories) {
      new ActionsSettings(this, `actions-${repository}`, {
        repository,
        environment: names.environmentId,
        accountId: platform.account_id,
        region: platform.region,
        registry: platform.repository_url,
        roleArn: platform.github_actions_role_arn,
      });
    }
  }
}
