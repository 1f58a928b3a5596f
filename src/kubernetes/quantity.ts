import { at } from "./objects.js";

/** CPU and memory of a machine, or requested by a pod. */
export interface Resources {
  /** Thousandths of a CPU. */
  readonly millicores: number;
  /** Memory in MiB. */
  readonly mebibytes: number;
}

/** Bytes per unit of a memory quantity, by suffix. */
const BYTES: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/**
 * Parses a CPU quantity, such as `250m` or `2`.
 *
 * @returns thousandths of a CPU
 * @throws Error for any other text
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function parseCpu(quantity: string | number): number {
  const [, number, suffix] = /^(\d+(?:\.\d+)?)(m?)$/.exec(String(quantity)) ?? [];
  if (number === undefined) throw new Error(`"${quantity}" is not a CPU quantity such as 250m or 2.`);
  return suffix === "m" ? Number(number) : Number(number) * 1000;
}

/**
 * Parses a memory quantity, such as `256Mi` or `1Gi`.
 *
 * @returns MiB
 * @throws Error for any other text
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function parseMemory(quantity: string | number): number {
  const [, number, suffix = ""] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(String(quantity)) ?? [];
  const bytes = BYTES[suffix];
  if (number === undefined || bytes === undefined) {
    throw new Error(`"${quantity}" is not a memory quantity such as 256Mi or 1Gi.`);
  }
  return (Number(number) * bytes) / 2 ** 20;
}

/** Returns the requests of a container, or of a chart's values for one. A missing request counts as 0. */
export function requestsOf(container: unknown): Resources {
  const requests = at(container, "resources", "requests");
  return {
    millicores: parseCpu(quantityAt(requests, "cpu")),
    mebibytes: parseMemory(quantityAt(requests, "memory")),
  };
}

function quantityAt(requests: unknown, resource: string): string | number {
  const quantity = at(requests, resource);
  return typeof quantity === "number" ? quantity : String(quantity ?? 0);
}

/** Adds up resources. */
export function sumOf(parts: readonly Resources[]): Resources {
  return {
    millicores: parts.reduce((total, { millicores }) => total + millicores, 0),
    mebibytes: parts.reduce((total, { mebibytes }) => total + mebibytes, 0),
  };
}
