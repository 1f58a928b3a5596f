import { Release } from "@cdktf/provider-helm/lib/release/index.js";
import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1/index.js";
import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { jsonencode } from "../core/terraform-functions.js";
import { DEPLOY_KEY_SECRET, DeployKey } from "./deploy-key.js";
import { CLUSTER_VARS, FLUX_NAMESPACE } from "./names.js";
import { fluxInstanceValues, OPERATOR_VALUES } from "./values.js";

export interface FluxProps {
  readonly clusterName: string;
  /** Name of the GitRepository and the root Kustomization, such as `prod-source`. Cannot be changed later. */
  readonly sourceName: string;
  /** GitHub repository that Flux reconciles. */
  readonly repository: {
    /** Name without the owner. */
    readonly name: string;
    /** User or organization on GitHub. May be a token. */
    readonly owner: string;
    /** Branch that Flux reconciles. */
    readonly branch: string;
    /** Files of the repository. Flux is installed after them. */
    readonly files: readonly ITerraformDependable[];
  };
  /** Values for the variables `${…}` of the manifests, stored in the ConfigMap `cluster-vars`. */
  readonly clusterVars: Readonly<Record<string, string>>;
}

/** Folder of the root Kustomization. */
export const ROOT_FOLDER = "clusters/services";

/** Version of the charts of operator and instance, which are released together. */
const CHART_VERSION = "0.58.1";
const CHARTS = "oci://ghcr.io/controlplaneio-fluxcd/charts";

/** Version of Flux. It supports Kubernetes 1.34 to 1.36. */
const FLUX_VERSION = "2.9.4";

/** Timeout of a Helm release, in seconds. Includes the time until nodes have started. */
const TIMEOUT_SECONDS = 600;

const OPERATOR = "flux-operator";

/**
 * Flux on a cluster: operator, deploy key and a Flux instance that reconciles a GitHub repository.
 *
 * Order: namespace and variables, operator, deploy key, instance. Destroy in reverse: without the operator, finalizers of
 * the instance block the deletion of the namespace.
 *
 * @see https://fluxoperator.dev/docs/
 */
export class Flux extends Construct {
  constructor(scope: Construct, id: string, props: FluxProps) {
    super(scope, id);
    const { owner, name, branch, files } = props.repository;
    const namespace = new NamespaceV1(this, "namespace", {
      metadata: { name: FLUX_NAMESPACE, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
      // Flux adds labels, too.
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
        // Flux reconciles changed values immediately instead of at the next interval.
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
