import type { Cluster } from "./cluster.js";
import { at, type Fields, isFields, listAt, type Manifest, numberAt, textAt, textsAt } from "./objects.js";

/** Pod template of a workload. */
export interface PodTemplate {
  readonly owner: Manifest;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: Fields;
}

/** Paths of the pod template, by kind. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  CronJob: ["spec", "jobTemplate", "spec", "template"],
  DaemonSet: ["spec", "template"],
  Deployment: ["spec", "template"],
  Job: ["spec", "template"],
  StatefulSet: ["spec", "template"],
};

/** Returns all pod templates of the tree. Charts are not rendered, so that their pods are not included. */
export function podTemplates({ objects }: Pick<Cluster, "objects">): PodTemplate[] {
  return objects.flatMap((owner) => {
    const path = TEMPLATES[owner.kind];
    const template = owner.kind === "Pod" ? owner.body : path && at(owner.body, ...path);
    const spec = at(template, "spec");
    return isFields(spec) ? [{ owner, labels: textsAt(template, "metadata", "labels"), spec }] : [];
  });
}

/** Returns the containers and init containers of a pod template. */
export function containersOf({ spec }: Pick<PodTemplate, "spec">): Fields[] {
  return [...listAt(spec, "containers"), ...listAt(spec, "initContainers")].filter(isFields);
}

/** Port of a container. */
export interface ContainerPort {
  readonly name: string | undefined;
  readonly number: number | undefined;
}

/** Returns the ports of a container. */
export function portsOf(container: Fields): ContainerPort[] {
  return listAt(container, "ports").map((port) => ({
    name: textAt(port, "name"),
    number: numberAt(port, "containerPort"),
  }));
}

/** Returns whether a port is declared. @param port name or number */
export function declares(ports: readonly ContainerPort[], port: unknown): boolean {
  return ports.some(({ name, number }) => port === name || port === number);
}

/** Returns whether labels match a selector's `matchLabels`. */
export function matches(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}
