import type { Cluster } from "./cluster.js";
import { at, type Fields, isFields, listAt, type Manifest, numberAt, textAt, textsAt } from "./objects.js";

/** The pods that an object makes. */
export interface PodTemplate {
  readonly owner: Manifest;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: Fields;
}

/** Where the pod's template stands in an object. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  CronJob: ["spec", "jobTemplate", "spec", "template"],
  DaemonSet: ["spec", "template"],
  Deployment: ["spec", "template"],
  Job: ["spec", "template"],
  StatefulSet: ["spec", "template"],
};

/** Every pod template of the tree; those of charts are not in it. */
export function podTemplates({ objects }: Pick<Cluster, "objects">): PodTemplate[] {
  return objects.flatMap((owner) => {
    const path = TEMPLATES[owner.kind];
    const template = owner.kind === "Pod" ? owner.body : path && at(owner.body, ...path);
    const spec = at(template, "spec");
    return isFields(spec) ? [{ owner, labels: textsAt(template, "metadata", "labels"), spec }] : [];
  });
}

/** Containers and init containers. */
export function containersOf({ spec }: Pick<PodTemplate, "spec">): Fields[] {
  return [...listAt(spec, "containers"), ...listAt(spec, "initContainers")].filter(isFields);
}

/** A port that a container declares. */
export interface ContainerPort {
  readonly name: string | undefined;
  readonly number: number | undefined;
}

/** The ports that a container declares. */
export function portsOf(container: Fields): ContainerPort[] {
  return listAt(container, "ports").map((port) => ({
    name: textAt(port, "name"),
    number: numberAt(port, "containerPort"),
  }));
}

/** Whether `port`, a name or a number, is among the ports. */
export function declares(ports: readonly ContainerPort[], port: unknown): boolean {
  return ports.some(({ name, number }) => port === name || port === number);
}

/** Whether labels satisfy all of a selector's equalities. */
export function matches(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}
