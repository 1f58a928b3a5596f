import type { TreeFile } from "@notejam/constructs/github/operations-repository";
import { parse } from "yaml";
import { at, listAt, numberAt, textAt } from "../kubernetes/objects.js";
import { parseCpu, parseMemory, type Resources } from "../kubernetes/quantity.js";

/** Size of the application in the manifests; the number of pods is in the environment. */
export interface ApplicationShape {
  /** Requests of one pod. */
  readonly pod: Resources;
  /** Target CPU utilization of the HPA, as a fraction of the request, above 0, at most 1. */
  readonly utilization: number;
  /** Surge of a rollout, as a fraction of the pods, 0 to 1. */
  readonly surge: number;
  /** Maximum database connections of one pod. */
  readonly connections: number;
  /** ResourceQuota of the namespace. */
  readonly quota: { readonly pods: number; readonly millicores: number };
}

const FOLDER = "microservices/notejam";

/**
 * Reads the size of the application from the Flux tree.
 *
 * @throws Error with the file and the field if one of them is missing
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
      millicores: parseCpu(required(textAt(requests, "cpu"), "resources.requests.cpu")),
      mebibytes: parseMemory(required(textAt(requests, "memory"), "resources.requests.memory")),
    },
    utilization:
      required(
        numberAt(metric, "resource", "target", "averageUtilization"),
        "averageUtilization of the HPA",
      ) / 100,
    surge: Number.parseInt(required(surge, "rollingUpdate.maxSurge in percent"), 10) / 100,
    connections: Number(required(textAt(pool, "value"), "variable DATABASE_POOL")),
    quota: {
      pods: Number(required(textAt(quota, "pods"), "pods in the quota")),
      millicores: parseCpu(required(textAt(quota, "requests.cpu"), "requests.cpu in the quota")),
    },
  };
}

function read(tree: readonly TreeFile[], name: string): unknown {
  const file = tree.find(({ path }) => path === `${FOLDER}/${name}`);
  if (file === undefined) throw new Error(`The Flux tree has no ${FOLDER}/${name}.`);
  return parse(file.content);
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${FOLDER} has no ${what}, which the capacity check needs.`);
  return value;
}
