import { parseAllDocuments } from "yaml";

/** Fields of an object, as parsed. */
export type Fields = Readonly<Record<string, unknown>>;

/** Kubernetes object that Flux applies. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Undefined for cluster-scoped objects, and for objects without one. */
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Flux Kustomization that applies it. */
  readonly kustomization: string;
  /** Whole object. */
  readonly body: Fields;
  /** Rendered YAML. */
  readonly text: string;
}

/** Cluster-scoped kinds of the API groups in use. */
const CLUSTER_WIDE = new Set([
  "APIService",
  "ClusterPolicy",
  "ClusterRole",
  "ClusterRoleBinding",
  "CustomResourceDefinition",
  "IngressClass",
  "IngressClassParams",
  "MutatingWebhookConfiguration",
  "Namespace",
  "PersistentVolume",
  "PriorityClass",
  "StorageClass",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingPolicy",
  "ValidatingWebhookConfiguration",
]);

export function isClusterWide({ kind }: Manifest): boolean {
  return CLUSTER_WIDE.has(kind);
}

/**
 * Parses the objects of a YAML stream.
 *
 * @param kustomization - Flux Kustomization that applies them
 * @throws Error for a document that is not a Kubernetes object
 */
export function parseManifests(text: string, kustomization: string): Manifest[] {
  return splitDocuments(text).map((document) => parseManifest(document, kustomization));
}

/** Returns the documents of a YAML stream, without those that contain only comments. */
export function splitDocuments(text: string): string[] {
  return text.split(/^---\s*$/m).filter((document) => /^\s*[^#\s]/m.test(document));
}

function parseManifest(text: string, kustomization: string): Manifest {
  const [document] = parseAllDocuments(text, { uniqueKeys: true });
  const [error] = document?.errors ?? [];
  if (error) throw new Error(`${kustomization}: not YAML: ${error.message}`);
  const body: unknown = document?.toJS();
  const apiVersion = textAt(body, "apiVersion");
  const kind = textAt(body, "kind");
  const name = textAt(body, "metadata", "name");
  if (!isFields(body) || !apiVersion || !kind || !name) {
    throw new Error(
      `${kustomization}: not a Kubernetes object (apiVersion, kind, metadata.name): ${text.slice(0, 80)}`,
    );
  }
  const namespace = textAt(body, "metadata", "namespace");
  return {
    apiVersion,
    kind,
    name,
    namespace,
    labels: textsAt(body, "metadata", "labels"),
    kustomization,
    body,
    text,
  };
}

/** Formats an object for a message: `kind namespace/name`. */
export function describe({ kind, namespace, name }: Manifest): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** Returns the API group of an object; empty for the core group. */
export function groupOf({ apiVersion }: Pick<Manifest, "apiVersion">): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the value at a path, or undefined. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((found, key) => (isFields(found) ? found[key] : undefined), value);
}

/** Returns the list at a path; empty if there is none. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** Returns the string at a path, or undefined. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** Returns the number at a path, or undefined. */
export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === "number" ? found : undefined;
}

/** Returns the map at a path with its values as strings; empty if there is none. */
export function textsAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
  const found = at(value, ...path);
  if (!isFields(found)) return {};
  return Object.fromEntries(Object.entries(found).map(([key, text]) => [key, String(text)]));
}

/** Returns all values of a key at any depth, with their paths. */
export function valuesUnder(value: unknown, key: string, path = ""): { path: string; value: unknown }[] {
  if (Array.isArray(value))
    return value.flatMap((item, index) => valuesUnder(item, key, `${path}[${index}]`));
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const here = path === "" ? name : `${path}.${name}`;
    return [...(name === key ? [{ path: here, value: child }] : []), ...valuesUnder(child, key, here)];
  });
}
