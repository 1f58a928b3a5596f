import { parse } from "yaml";
import type { TreeFile } from "../../modules/github/operations-repository.js";
import { at, listAt, numberAt, textAt } from "../kubernetes/objects.js";
import { parseCpu, parseMemory, type Resources } from "../kubernetes/quantity.js";

/** What the manifests say about the application's size; how many pods there are is the environment's. */
export interface ApplicationShape {
  /** What one pod requests. */
  readonly pod: Resources;
  /** Part of the requested processor that the autoscaler keeps in use, above 0, at most 1. */
  readonly utilization: number;
  /** Part of the pods by which a rollout may exceed them, 0 to 1. */
  readonly surge: number;
  /** Most database connections of one pod. */
  readonly connections: number;
  /** What all pods of the namespace may be and request together. */
  readonly quota: { readonly pods: number; readonly millicores: number };
}

const FOLDER = "microservices/notejam";

/**
 * Reads the application's shape off the Flux tree.
 *
 * @throws Error that names the file and the field when one of them is gone
 */
export function applicationShape(tree: readonly TreeFile[]): ApplicationShape {
  const deployment = read(tree, "application/deployment.yaml");
  const autoscaler = read(tree, "application/horizontalpodautoscaler.yaml");
  const quota = at(read(tree, "base/resourcequota.yaml"), "spec", "hard");
  const [container] = listAt(deployment, "spec", "template", "spec", "containers");
  const requests = at(container, "resources", "requests");
  const pool = listAt(container, "env").find((variable) => textAt(variable, "name") === "DATABASE_POOL");
  const [metric] = listAt(autoscaler, "spec", "metrics");
  const surge = textAt(deployment, "spec", "strategy", "rollingUpdate", "maxSurge");
  return {
    pod: {
      millicores: parseCpu(demand(textAt(requests, "cpu"), "resources.requests.cpu")),
      mebibytes: parseMemory(demand(textAt(requests, "memory"), "resources.requests.memory")),
    },
    utilization:
      demand(
        numberAt(metric, "resource", "target", "averageUtilization"),
        "the autoscaler's averageUtilization",
      ) / 100,
    surge: Number.parseInt(demand(surge, "rollingUpdate.maxSurge in percent"), 10) / 100,
    connections: Number(demand(textAt(pool, "value"), "the variable DATABASE_POOL")),
    quota: {
      pods: Number(demand(textAt(quota, "pods"), "the quota's pods")),
      millicores: parseCpu(demand(textAt(quota, "requests.cpu"), "the quota's requests.cpu")),
    },
  };
}

function read(tree: readonly TreeFile[], name: string): unknown {
  const file = tree.find(({ path }) => path === `${FOLDER}/${name}`);
  if (file === undefined) throw new Error(`The Flux tree has no ${FOLDER}/${name}.`);
  return parse(file.content);
}

function demand<T>(value: T | undefined, what: string): T {
  if (value === undefined)
    throw new Error(`${FOLDER} does not say ${what}, which the capacity is computed from.`);
  return value;
}
