import { type Cluster, type NamespacedName, ofKind } from "../../kubernetes/cluster.js";
import { at, describe, listAt, type Manifest, textAt, valuesUnder } from "../../kubernetes/objects.js";
import { containersOf, type PodTemplate, podTemplates } from "../../kubernetes/pods.js";
import type { Finding } from "../finding.js";

const CHECK = "identities";

/** Charts that call AWS, each with the place of its service account's name in the values. */
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

interface User {
  readonly account: NamespacedName;
  readonly by: Manifest;
}

/**
 * Whoever calls AWS has an identity in the platform stack, and every identity has somebody who uses it: a right without
 * a user is one that nobody will miss when it is abused.
 */
export function identities(cluster: Cluster): Finding[] {
  const { given } = cluster;
  const users = [...fromPods(cluster), ...fromReleases(cluster), ...fromFlux(cluster)];
  const without = users
    .filter(({ account }) => !given.identities.some((identity) => same(identity, account)))
    .map(({ account, by }) => ({
      check: CHECK,
      where: describe(by),
      what: `calls AWS as ${shown(account)}, which has no Pod Identity association; add it to src/stacks/workload-identities.ts`,
    }));
  const bound = [...users.map(({ account }) => account), ...given.addonServiceAccounts, ...named(cluster)];
  const unused = given.identities
    .filter((identity) => !bound.some((account) => same(identity, account)))
    .map((identity) => ({
      check: CHECK,
      where: shown(identity),
      what: "has AWS rights, but nothing in the tree runs as it; remove it from src/stacks/workload-identities.ts",
    }));
  return [...without, ...unused];
}

const same = (a: NamespacedName, b: NamespacedName) => a.name === b.name && a.namespace === b.namespace;
const shown = ({ namespace, name }: NamespacedName) => `ServiceAccount ${namespace}/${name}`;

/** Pods that mount a secret of AWS or are told a region. */
function fromPods(cluster: Cluster): User[] {
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

function fromReleases(cluster: Cluster): User[] {
  return ofKind(cluster, "HelmRelease").flatMap((release) => {
    const namespace = textAt(release.body, "spec", "targetNamespace") ?? release.namespace ?? "";
    return (CHARTS_THAT_CALL_AWS[release.name] ?? []).map((path) => ({
      account: { namespace, name: textAt(release.body, "spec", "values", ...path) ?? release.name },
      by: release,
    }));
  });
}

/** The image reflector signs in to ECR in the name of its own service account. */
function fromFlux(cluster: Cluster): User[] {
  return ofKind(cluster, "ImageRepository")
    .filter(({ body }) => textAt(body, "spec", "provider") === "aws")
    .map((by) => ({ account: { namespace: "flux-system", name: "image-reflector-controller" }, by }));
}

/** Service accounts that pods of the tree run as, and those that charts are told to use. */
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
