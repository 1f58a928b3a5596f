import { Release } from "@cdktf/provider-helm/lib/release/index.js";
import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1/index.js";
import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { jsonencode } from "../blocks/terraform-functions.js";
import { DEPLOY_KEY_SECRET, DeployKey } from "./deploy-key.js";
import { CLUSTER_VARS, FLUX_NAMESPACE } from "./names.js";
import { fluxInstanceValues, OPERATOR_VALUES } from "./values.js";

export interface FluxProps {
  readonly clusterName: string;
  /** Name of the Git source and of the root Kustomization, such as `prod-source`; it cannot change later. */
  readonly sourceName: string;
  readonly repository: {
    /** Without the owner. */
    readonly name: string;
    /** User or organization on GitHub; may be a token. */
    readonly owner: string;
    /** The branch that Flux follows. */
    readonly branch: string;
    /** The tree in the repository; Flux starts only when all of it is there. */
    readonly files: readonly ITerraformDependable[];
  };
  /** What Flux puts into the tree's `${…}`: the ConfigMap `cluster-vars`. */
  readonly clusterVars: Readonly<Record<string, string>>;
}

/** Folder of the tree that Flux starts from. */
export const ROOT_FOLDER = "clusters/services";

/** Charts of the operator and of its instance, which are released together. */
const CHART_VERSION = "0.58.1";
const CHARTS = "oci://ghcr.io/controlplaneio-fluxcd/charts";

/** Flux itself. It supports Kubernetes 1.34 to 1.36. */
const FLUX_VERSION = "2.9.4";

/** Long enough for a cluster whose nodes are still coming up. */
const TIMEOUT_SECONDS = 600;

const OPERATOR = "flux-operator";

/**
 * Flux, which from then on keeps the cluster as its repository says.
 *
 * Order: namespace and variables, operator, deploy key, then the instance, when repository and key are complete. The
 * other way round on destroy: the operator must outlive its instance, or finalizers keep the namespace forever.
 *
 * @see https://fluxoperator.dev/docs/
 */
export class Flux extends Construct {
  constructor(scope: Construct, id: string, props: FluxProps) {
    super(scope, id);
    const { owner, name, branch, files } = props.repository;
    const namespace = new NamespaceV1(this, "namespace", {
      metadata: { name: FLUX_NAMESPACE, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
      // Flux labels it, too.
      lifecycle: { ignoreChanges: ["metadata[0].labels", "metadata[0].annotations"] },
    });
    const clusterVars = this.addClusterVars(props.clusterVars, namespace);
    const operator = this.addRelease(OPERATOR, OPERATOR_VALUES, [namespace]);
    const url = `ssh://git@github.com/${owner}/${name}.git`;
    const deployKey = new DeployKey(this, "deploy-key", {
      namespace: FLUX_NAMESPACE,
      clusterName: props.clusterName,
      repository: name,
      url,
      serviceAccount: OPERATOR,
      fluxVersion: FLUX_VERSION,
      dependsOn: [operator],
    });
    const values = fluxInstanceValues({
      fluxVersion: FLUX_VERSION,
      sourceName: props.sourceName,
      url,
      branch,
      folder: ROOT_FOLDER,
      pullSecret: DEPLOY_KEY_SECRET,
      clusterVars: CLUSTER_VARS,
    });
    this.addRelease("flux-instance", values, [clusterVars, operator, deployKey.resource, ...files]);
  }

  private addClusterVars(data: FluxProps["clusterVars"], namespace: NamespaceV1): ConfigMapV1 {
    return new ConfigMapV1(this, CLUSTER_VARS, {
      metadata: {
        name: CLUSTER_VARS,
        namespace: FLUX_NAMESPACE,
        // A changed value is acted upon at once, not at the next interval.
        labels: { "reconcile.fluxcd.io/watch": "Enabled" },
      },
      data: { ...data },
      dependsOn: [namespace],
    });
  }

  private addRelease(chart: string, values: object, dependsOn: readonly ITerraformDependable[]): Release {
    return new Release(this, chart, {
      name: chart === OPERATOR ? OPERATOR : "flux",
      namespace: FLUX_NAMESPACE,
      repository: CHARTS,
      chart,
      version: CHART_VERSION,
      values: [jsonencode(values)],
      wait: true,
      waitForJobs: true,
      timeout: TIMEOUT_SECONDS,
      maxHistory: 5,
      dependsOn: [...dependsOn],
    });
  }
}
