import { IMAGE_REFLECTOR_SERVICE_ACCOUNT as imageReflector } from "@notejam/constructs/flux/names";
import type { Diagnostic } from "../../diagnostic.js";
import { type Cluster, type NamespacedName, ofKind } from "../../kubernetes/cluster.js";
import { at, describe, listAt, type Manifest, textAt, valuesUnder } from "../../kubernetes/objects.js";
import { containersOf, type PodTemplate, podTemplates } from "../../kubernetes/pods.js";
import { manifestError } from "../manifest-error.js";

const CHECK = "identities";

/** Charts that call AWS, with the path of the service account name in their values. */
const CHARTS_THAT_CALL_AWS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "aws-load-balancer-controller": [["serviceAccount", "name"]],
  "cluster-autoscaler": [["rbac", "serviceAccount", "name"]],
  "external-dns": [["serviceAccount", "name"]],
  "kube-prometheus-stack": [
    ["grafana", "serviceAccount", "name"],
    ["alertmanager", "serviceAccount", "name"],
  ],
  loki: [["serviceAccount", "name"]],
};

interface AwsClient {
  readonly account: NamespacedName;
  readonly by: Manifest;
}

/**
 * Every service account that calls AWS has a Pod Identity association in the platform stack, and every association is
 * used: an unused one is an unnecessary permission.
 */
export function identities(cluster: Cluster): Diagnostic[] {
  const { given } = cluster;
  const clients = [...fromPods(cluster), ...fromReleases(cluster), ...fromFlux(cluster)];
  const without = clients
    .filter(({ account }) => !given.identities.some((identity) => same(identity, account)))
    .map(({ account, by }) =>
      manifestError(CHECK, describe(by), [
        `calls AWS as ${shown(account)}, which has no Pod Identity association`,
        "add it to src/stacks/workload-identities.ts",
      ]),
    );
  const bound = [...clients.map(({ account }) => account), ...given.addonServiceAccounts, ...named(cluster)];
  const unused = given.identities
    .filter((identity) => !bound.some((account) => same(identity, account)))
    .map((identity) =>
      manifestError(CHECK, shown(identity), [
        "has AWS permissions, but no pod in the tree uses it",
        "remove it from src/stacks/workload-identities.ts",
      ]),
    );
  return [...without, ...unused];
}

const same = (a: NamespacedName, b: NamespacedName) => a.name === b.name && a.namespace === b.namespace;
const shown = ({ namespace, name }: NamespacedName) => `ServiceAccount ${namespace}/${name}`;

/** Pods that mount a secret from AWS or have a region in their environment. */
function fromPods(cluster: Cluster): AwsClient[] {
  return podTemplates(cluster)
    .filter((pods) => mountsAwsSecret(cluster, pods) || knowsRegion(pods))
    .map(({ owner, spec }) => ({
      account: { namespace: owner.namespace ?? "", name: textAt(spec, "serviceAccountName") ?? "default" },
      by: owner,
    }));
}

function mountsAwsSecret(cluster: Cluster, { owner, spec }: PodTemplate): boolean {
  const classes = listAt(spec, "volumes").map((volume) =>
    textAt(volume, "csi", "volumeAttributes", "secretProviderClass"),
  );
  return ofKind(cluster, "SecretProviderClass").some(
    ({ name, namespace, body }) =>
      namespace === owner.namespace && classes.includes(name) && at(body, "spec", "provider") === "aws",
  );
}

function knowsRegion(pods: PodTemplate): boolean {
  return containersOf(pods).some((container) =>
    listAt(container, "env").some((entry) => textAt(entry, "name") === "AWS_REGION"),
  );
}

function fromReleases(cluster: Cluster): AwsClient[] {
  return ofKind(cluster, "HelmRelease").flatMap((release) => {
    const namespace = textAt(release.body, "spec", "targetNamespace") ?? release.namespace ?? "";
    return (CHARTS_THAT_CALL_AWS[release.name] ?? []).map((path) => ({
      account: { namespace, name: textAt(release.body, "spec", "values", ...path) ?? release.name },
      by: release,
    }));
  });
}

/** The image reflector signs in to ECR with its own service account. */
function fromFlux(cluster: Cluster): AwsClient[] {
  return ofKind(cluster, "ImageRepository")
    .filter(({ body }) => textAt(body, "spec", "provider") === "aws")
    .map((by) => ({
      account: { namespace: imageReflector.namespace, name: imageReflector.serviceAccount },
      by,
    }));
}

/** Service accounts of pods in the tree, and of charts by their values. */
function named(cluster: Cluster): NamespacedName[] {
  const pods = podTemplates(cluster).map(({ owner, spec }) => ({
    name: textAt(spec, "serviceAccountName") ?? "default",
    namespace: owner.namespace ?? "",
  }));
  const charts = ofKind(cluster, "HelmRelease").flatMap(({ body, namespace = "" }) =>
    valuesUnder(at(body, "spec", "values"), "serviceAccount").flatMap(({ value }) => {
      const name = textAt(value, "name");
      return name === undefined ? [] : [{ name, namespace }];
    }),
  );
  return [...pods, ...charts];
}
