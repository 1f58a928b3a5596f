import { FLUX_NAMESPACE } from "@notejam/constructs/flux/names";
import type { Diagnostic } from "../../diagnostic.js";
import { type Cluster, has, ofKind } from "../../kubernetes/cluster.js";
import {
  at,
  describe,
  isFields,
  listAt,
  type Manifest,
  textAt,
  valuesUnder,
} from "../../kubernetes/objects.js";
import { containersOf, type PodTemplate, podTemplates } from "../../kubernetes/pods.js";
import { manifestError } from "../manifest-error.js";

const CHECK = "references";

/** Every object that is referred to exists. */
export function references(cluster: Cluster): Diagnostic[] {
  return [
    ...ofKind(cluster, "HelmRelease").flatMap((release) => fromRelease(cluster, release)),
    ...ofKind(cluster, "Kustomization").flatMap((object) => fromKustomization(cluster, object)),
    ...podTemplates(cluster).flatMap((pods) => fromPods(cluster, pods)),
    ...cluster.objects.flatMap((object) => fromObject(cluster, object)),
  ];
}

function broken(from: Manifest, what: string): Diagnostic {
  return manifestError(CHECK, describe(from), what);
}

/** Returns an error unless the cluster has the object. */
function requireObject(
  cluster: Cluster,
  from: Manifest,
  kind: string,
  name: string | undefined,
  namespace?: string,
): Diagnostic[] {
  if (name === undefined || has(cluster, kind, name, namespace) || isGiven(cluster, kind, name, namespace))
    return [];
  const full = namespace === undefined ? name : `${namespace}/${name}`;
  return [broken(from, `refers to ${kind} ${full}, which does not exist`)];
}

function isGiven({ given }: Cluster, kind: string, name: string, namespace: string | undefined): boolean {
  const named = (list: readonly { namespace: string; name: string }[]) =>
    list.some((entry) => entry.name === name && entry.namespace === namespace);
  switch (kind) {
    case "ConfigMap":
      return named(given.configMaps);
    case "GitRepository":
      return namespace === FLUX_NAMESPACE && given.gitSources.includes(name);
    case "PriorityClass":
      return name.startsWith("system-");
    case "Secret":
      return named(given.secrets);
    case "ServiceAccount":
      return named(given.addonServiceAccounts);
    default:
      return false;
  }
}

function fromRelease(cluster: Cluster, release: Manifest): Diagnostic[] {
  const { body, namespace } = release;
  const sources = [at(body, "spec", "chart", "spec", "sourceRef"), at(body, "spec", "chartRef")].filter(
    isFields,
  );
  const from = sources.flatMap((source) =>
    requireObject(
      cluster,
      release,
      textAt(source, "kind") ?? "",
      textAt(source, "name"),
      textAt(source, "namespace") ?? namespace,
    ),
  );
  const values = listAt(body, "spec", "valuesFrom").flatMap((entry) =>
    requireObject(cluster, release, textAt(entry, "kind") ?? "", textAt(entry, "name"), namespace),
  );
  return [...from, ...values, ...fromValues(cluster, release)];
}

/** Keys in chart values that refer to objects. */
const REFERENCES_IN_VALUES: readonly (readonly [key: string, kind: string, inNamespace: boolean])[] = [
  ["secretProviderClass", "SecretProviderClass", true],
  ["existingSecret", "Secret", true],
  ["storageClassName", "StorageClass", false],
  ["priorityClassName", "PriorityClass", false],
];

function fromValues(cluster: Cluster, release: Manifest): Diagnostic[] {
  const values = at(release.body, "spec", "values");
  const namespace = textAt(release.body, "spec", "targetNamespace") ?? release.namespace;
  return REFERENCES_IN_VALUES.flatMap(([key, kind, inNamespace]) =>
    valuesUnder(values, key)
      .map(({ value }) => value)
      .filter((value): value is string => typeof value === "string" && value !== "")
      .flatMap((name) => requireObject(cluster, release, kind, name, inNamespace ? namespace : undefined)),
  );
}

function fromKustomization(cluster: Cluster, object: Manifest): Diagnostic[] {
  const { body, namespace } = object;
  const path = textAt(body, "spec", "path")?.replace(/^\.?\//, "");
  const source = at(body, "spec", "sourceRef");
  return [
    ...requireObject(
      cluster,
      object,
      textAt(source, "kind") ?? "",
      textAt(source, "name"),
      textAt(source, "namespace") ?? namespace,
    ),
    ...listAt(body, "spec", "postBuild", "substituteFrom").flatMap((entry) =>
      requireObject(cluster, object, textAt(entry, "kind") ?? "", textAt(entry, "name"), namespace),
    ),
    ...(path !== undefined && cluster.paths && !cluster.paths.has(path)
      ? [broken(object, `path ./${path} is not in the tree`)]
      : []),
  ];
}

function fromPods(cluster: Cluster, pods: PodTemplate): Diagnostic[] {
  const { owner, spec } = pods;
  const { namespace } = owner;
  const wanted: (readonly [kind: string, name: string | undefined, namespace: string | undefined])[] = [
    ["ServiceAccount", textAt(spec, "serviceAccountName"), namespace],
    ["PriorityClass", textAt(spec, "priorityClassName"), undefined],
    ...listAt(spec, "volumes").flatMap((volume) => [
      ["ConfigMap", textAt(volume, "configMap", "name"), namespace] as const,
      ["Secret", textAt(volume, "secret", "secretName"), namespace] as const,
      ["PersistentVolumeClaim", textAt(volume, "persistentVolumeClaim", "claimName"), namespace] as const,
      [
        "SecretProviderClass",
        textAt(volume, "csi", "volumeAttributes", "secretProviderClass"),
        namespace,
      ] as const,
    ]),
    ...containersOf(pods).flatMap((container) => [
      ...listAt(container, "envFrom").flatMap((entry) => [
        ["ConfigMap", textAt(entry, "configMapRef", "name"), namespace] as const,
        ["Secret", textAt(entry, "secretRef", "name"), namespace] as const,
      ]),
      ...listAt(container, "env").flatMap((entry) => [
        ["ConfigMap", textAt(entry, "valueFrom", "configMapKeyRef", "name"), namespace] as const,
        ["Secret", textAt(entry, "valueFrom", "secretKeyRef", "name"), namespace] as const,
      ]),
    ]),
  ];
  return [
    ...wanted.flatMap(([kind, name, where]) => requireObject(cluster, owner, kind, name, where)),
    ...mounts(pods),
  ];
}

function mounts(pods: PodTemplate): Diagnostic[] {
  const volumes = new Set(listAt(pods.spec, "volumes").map((volume) => textAt(volume, "name")));
  return containersOf(pods)
    .flatMap((container) => listAt(container, "volumeMounts"))
    .map((mount) => textAt(mount, "name"))
    .filter((name) => !volumes.has(name))
    .map((name) => broken(pods.owner, `mounts the volume ${name}, which the pod does not have`));
}

function fromObject(cluster: Cluster, object: Manifest): Diagnostic[] {
  const { body, namespace } = object;
  const requireHere = (kind: string, name: string | undefined) =>
    requireObject(cluster, object, kind, name, namespace);
  switch (object.kind) {
    case "Ingress":
      return requireObject(cluster, object, "IngressClass", textAt(body, "spec", "ingressClassName"));
    case "IngressClass":
      return requireObject(
        cluster,
        object,
        textAt(body, "spec", "parameters", "kind") ?? "",
        textAt(body, "spec", "parameters", "name"),
      );
    case "HorizontalPodAutoscaler":
      return requireHere(
        textAt(body, "spec", "scaleTargetRef", "kind") ?? "",
        textAt(body, "spec", "scaleTargetRef", "name"),
      );
    case "PersistentVolumeClaim":
      return requireObject(cluster, object, "StorageClass", textAt(body, "spec", "storageClassName"));
    case "ImagePolicy":
      return requireHere("ImageRepository", textAt(body, "spec", "imageRepositoryRef", "name"));
    case "ImageUpdateAutomation":
      return [
        ...requireHere(
          textAt(body, "spec", "sourceRef", "kind") ?? "",
          textAt(body, "spec", "sourceRef", "name"),
        ),
        ...updatePath(cluster, object),
      ];
    case "Alert":
      return requireHere("Provider", textAt(body, "spec", "providerRef", "name"));
    case "GitRepository":
    case "HelmRepository":
    case "ImageRepository":
    case "OCIRepository":
    case "Provider":
      return requireHere("Secret", textAt(body, "spec", "secretRef", "name"));
    case "ClusterRoleBinding":
    case "RoleBinding":
      return binding(cluster, object);
    default:
      return [];
  }
}

function updatePath(cluster: Cluster, object: Manifest): Diagnostic[] {
  const path = textAt(object.body, "spec", "update", "path")?.replace(/^\.?\//, "");
  if (path === undefined || !cluster.paths || cluster.paths.has(path)) return [];
  return [broken(object, `update path ./${path} is not in the tree`)];
}

/** Roles that Kubernetes creates. */
const BUILT_IN_ROLES = new Set(["admin", "cluster-admin", "edit", "view"]);

function binding(cluster: Cluster, object: Manifest): Diagnostic[] {
  const { body, namespace } = object;
  const kind = textAt(body, "roleRef", "kind") ?? "";
  const role = textAt(body, "roleRef", "name");
  const known =
    kind === "ClusterRole" && role !== undefined && (BUILT_IN_ROLES.has(role) || role.startsWith("system:"));
  return [
    ...(known ? [] : requireObject(cluster, object, kind, role, kind === "Role" ? namespace : undefined)),
    ...listAt(body, "subjects")
      .filter((subject) => textAt(subject, "kind") === "ServiceAccount")
      .flatMap((subject) =>
        requireObject(
          cluster,
          object,
          "ServiceAccount",
          textAt(subject, "name"),
          textAt(subject, "namespace") ?? namespace,
        ),
      ),
  ];
}
