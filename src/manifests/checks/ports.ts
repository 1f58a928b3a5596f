import type { Diagnostic } from "../../diagnostic.js";
import { type Cluster, ofKind } from "../../kubernetes/cluster.js";
import {
  at,
  describe,
  type Fields,
  isFields,
  listAt,
  type Manifest,
  textAt,
  textsAt,
} from "../../kubernetes/objects.js";
import {
  type ContainerPort,
  containersOf,
  declares,
  matches,
  type PodTemplate,
  podTemplates,
  portsOf,
} from "../../kubernetes/pods.js";
import { manifestError } from "../manifest-error.js";

const CHECK = "ports";
const PROBES = ["livenessProbe", "readinessProbe", "startupProbe"] as const;

/** Services, probes, ingresses, monitors and network policies refer to declared ports. */
export function ports(cluster: Cluster): Diagnostic[] {
  const pods = podTemplates(cluster);
  return [
    ...pods.flatMap(probes),
    ...ofKind(cluster, "Service").flatMap((service) => targets(service, pods)),
    ...ofKind(cluster, "Ingress").flatMap((ingress) => backends(cluster, ingress)),
    ...ofKind(cluster, "ServiceMonitor").flatMap((monitor) => endpoints(cluster, monitor)),
    ...ofKind(cluster, "NetworkPolicy").flatMap((policy) => admitted(policy, pods)),
  ];
}

const shown = (list: readonly ContainerPort[]) =>
  list.map(({ name, number }) => (name === undefined ? String(number) : `${name} (${number})`)).join(", ") ||
  "none";

function probes(pods: PodTemplate): Diagnostic[] {
  return containersOf(pods).flatMap((container) =>
    PROBES.flatMap((probe) => {
      const port = at(container, probe, "httpGet", "port") ?? at(container, probe, "tcpSocket", "port");
      if (port === undefined || declares(portsOf(container), port)) return [];
      const what = `${probe} calls port ${String(port)}, but container ${textAt(container, "name")} declares ${shown(portsOf(container))}`;
      return [manifestError(CHECK, describe(pods.owner), what)];
    }),
  );
}

/** Returns the pods of a service. */
function selected(service: Manifest, pods: readonly PodTemplate[]): PodTemplate[] {
  const selector = textsAt(service.body, "spec", "selector");
  if (Object.keys(selector).length === 0) return [];
  return pods.filter(
    ({ owner, labels }) => owner.namespace === service.namespace && matches(selector, labels),
  );
}

function targets(service: Manifest, pods: readonly PodTemplate[]): Diagnostic[] {
  const chosen = selected(service, pods);
  const declared = chosen.flatMap(containersOf).flatMap(portsOf);
  if (chosen.length === 0) return [];
  return listAt(service.body, "spec", "ports")
    .map((port) => at(port, "targetPort") ?? at(port, "port"))
    .filter((port) => !declares(declared, port))
    .map((port) =>
      manifestError(
        CHECK,
        describe(service),
        `sends to port ${String(port)}, but its pods declare ${shown(declared)}`,
      ),
    );
}

function servicePorts(service: Manifest): ContainerPort[] {
  return listAt(service.body, "spec", "ports").map((port) => {
    const number = at(port, "port");
    return { name: textAt(port, "name"), number: typeof number === "number" ? number : undefined };
  });
}

function backends(cluster: Cluster, ingress: Manifest): Diagnostic[] {
  const paths = listAt(ingress.body, "spec", "rules").flatMap((rule) => listAt(rule, "http", "paths"));
  const all = [at(ingress.body, "spec", "defaultBackend"), ...paths.map((path) => at(path, "backend"))];
  return all
    .map((backend) => at(backend, "service"))
    .filter(isFields)
    .flatMap((backend) => checkBackend(cluster, ingress, backend));
}

function checkBackend(cluster: Cluster, ingress: Manifest, backend: Fields): Diagnostic[] {
  const name = textAt(backend, "name");
  const service = ofKind(cluster, "Service").find(
    (candidate) => candidate.name === name && candidate.namespace === ingress.namespace,
  );
  const where = describe(ingress);
  if (service === undefined) {
    return [
      manifestError(CHECK, where, `sends to Service ${name}, which does not exist in ${ingress.namespace}`),
    ];
  }
  const port = at(backend, "port", "name") ?? at(backend, "port", "number");
  if (declares(servicePorts(service), port)) return [];
  const what = `sends to port ${String(port)} of Service ${name}, which has ${shown(servicePorts(service))}`;
  return [manifestError(CHECK, where, what)];
}

/** Services of a monitor; those of charts are not in the tree. */
function endpoints(cluster: Cluster, monitor: Manifest): Diagnostic[] {
  const selector = textsAt(monitor.body, "spec", "selector", "matchLabels");
  const named = listAt(monitor.body, "spec", "namespaceSelector", "matchNames");
  const spaces = named.length > 0 ? named : [monitor.namespace];
  const services = ofKind(cluster, "Service").filter(
    ({ namespace, labels }) => spaces.includes(namespace) && matches(selector, labels),
  );
  const ours = ofKind(cluster, "Service").some(({ namespace }) => spaces.includes(namespace));
  const where = describe(monitor);
  if (services.length === 0) {
    if (!ours) return [];
    return [manifestError(CHECK, where, `matches no Service: none in ${spaces.join(", ")} has these labels`)];
  }
  const known = services.flatMap(servicePorts);
  return listAt(monitor.body, "spec", "endpoints")
    .map((endpoint) => at(endpoint, "port"))
    .filter((port) => port !== undefined && !declares(known, port))
    .map((port) =>
      manifestError(CHECK, where, `scrapes port ${String(port)}, but its Services have ${shown(known)}`),
    );
}

/** A network policy must allow ports that the pods declare. */
function admitted(policy: Manifest, pods: readonly PodTemplate[]): Diagnostic[] {
  const selector = textsAt(policy.body, "spec", "podSelector", "matchLabels");
  if (Object.keys(selector).length === 0) return [];
  const chosen = pods.filter(
    ({ owner, labels }) => owner.namespace === policy.namespace && matches(selector, labels),
  );
  const declared = chosen.flatMap(containersOf).flatMap(portsOf);
  if (chosen.length === 0) return [];
  return listAt(policy.body, "spec", "ingress")
    .flatMap((rule) => listAt(rule, "ports"))
    .map((port) => at(port, "port"))
    .filter((port) => port !== undefined && !declares(declared, port))
    .map((port) =>
      manifestError(
        CHECK,
        describe(policy),
        `allows port ${String(port)}, but its pods declare ${shown(declared)}`,
      ),
    );
}
