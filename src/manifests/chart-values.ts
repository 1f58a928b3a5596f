import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { at, type Fields, isFields } from "../kubernetes/objects.js";

/**
 * Paths in chart values that allow keys beyond the defaults: free-form maps, and keys that the chart documents only in
 * comments. Anything is allowed below a path; `*` matches one key.
 */
const FREE_FORM: Readonly<Record<string, readonly string[]>> = {
  "kube-prometheus-stack": [
    "alertmanager.config",
    "alertmanager.serviceAccount.name",
    "defaultRules.disabled",
    "grafana.datasources",
    "prometheus.prometheusSpec.storageSpec",
  ],
  grafana: ["datasources", "env", "grafana.ini", "serviceAccount.name"],
  loki: ["loki.storage.bucketNames", "loki.limits_config", "loki.schemaConfig", "loki.structuredConfig"],
  "*": [
    "*.annotations",
    "*.labels",
    "*.nodeSelector",
    "*.podAnnotations",
    "*.podLabels",
    "*.resources",
    "*.securityContext",
    "annotations",
    "extraArgs",
    "labels",
    "nodeSelector",
    "resources",
  ],
};

/** Subcharts with defaults in their own folder, by the key of their values in the parent chart. */
const SUB_CHARTS: Readonly<Record<string, readonly string[]>> = {
  "kube-prometheus-stack": ["grafana", "kube-state-metrics", "prometheus-node-exporter"],
  "secrets-store-csi-driver-provider-aws": ["secrets-store-csi-driver"],
};

/** Default values and schemas of charts in a folder: `<chart>/values.yaml`, `<chart>/values.schema.json`. */
export class ChartValues {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  has(chart: string): boolean {
    return existsSync(join(this.folder, chart, "values.yaml"));
  }

  /**
   * Finds keys that a chart does not have. Helm ignores them silently, so the setting has no effect.
   *
   * @returns a sentence per key with its path and similar keys of the chart
   */
  unknownKeys(chart: string, values: unknown): string[] {
    return this.compare(chart, values, this.defaultsOf(chart), this.schemaOf(chart), "");
  }

  private compare(chart: string, given: unknown, defaults: unknown, schema: unknown, path: string): string[] {
    if (!isFields(given) || isFreeForm(chart, path)) return [];
    const described = at(schema, "properties");
    if (!isFields(defaults) || (Object.keys(defaults).length === 0 && !isFields(described))) {
      return this.withoutDefaults(chart, given, defaults, described, path);
    }
    return Object.entries(given).flatMap(([key, value]) => {
      const here = path === "" ? key : `${path}.${key}`;
      const inSchema = at(described, key);
      if (SUB_CHARTS[chart]?.includes(key) && path === "" && this.has(key)) {
        return this.unknownInSubChart(key, value, at(defaults, key)).map((unknown) => `${key}.${unknown}`);
      }
      if (key in defaults || inSchema !== undefined) {
        return this.compare(chart, value, defaults[key], inSchema, here);
      }
      if (isFreeForm(chart, here) || (path === "" && key === "global")) return [];
      return [`${here} is not a value of the chart (${near(key, defaults)})`];
    });
  }

  /** Empty maps and lists accept any key; a string or number accepts none. */
  private withoutDefaults(
    chart: string,
    given: Fields,
    defaults: unknown,
    described: unknown,
    path: string,
  ): string[] {
    const [key] = Object.keys(given);
    const plain =
      typeof defaults === "string" || typeof defaults === "number" || typeof defaults === "boolean";
    if (!plain || defaults === "" || key === undefined || isFields(described)) return [];
    return [`${path} is a ${typeof defaults} in chart ${chart}, not a map with the key ${key}`];
  }

  /** Compares with the defaults of the subchart, overridden by those of the parent. */
  private unknownInSubChart(chart: string, given: unknown, fromParent: unknown): string[] {
    const defaults = merge(this.defaultsOf(chart), fromParent);
    return this.compare(chart, given, defaults, this.schemaOf(chart), "");
  }

  private defaultsOf(chart: string): unknown {
    return parse(readFileSync(join(this.folder, chart, "values.yaml"), "utf8"), { maxAliasCount: -1 });
  }

  private schemaOf(chart: string): unknown {
    const file = join(this.folder, chart, "values.schema.json");
    return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  }
}

function isFreeForm(chart: string, path: string): boolean {
  const patterns = [...(FREE_FORM[chart] ?? []), ...(FREE_FORM["*"] ?? [])];
  return patterns.some((pattern) => {
    const exact = pattern.split(".").map((part) => (part === "*" ? ".+" : part.replaceAll(/[^\w]/g, "\\$&")));
    return new RegExp(`^${exact.join("\\.")}(\\..+)?$`).test(path);
  });
}

function merge(below: unknown, above: unknown): unknown {
  if (!isFields(below) || !isFields(above)) return above ?? below;
  const keys = new Set([...Object.keys(below), ...Object.keys(above)]);
  return Object.fromEntries([...keys].map((key) => [key, merge(below[key], above[key])]));
}

function near(key: string, defaults: Fields): string {
  const keys = Object.keys(defaults);
  const similar = keys.find((candidate) => candidate.toLowerCase() === key.toLowerCase());
  if (similar) return `did you mean ${similar}?`;
  return `existing keys: ${keys.slice(0, 8).join(", ")}${keys.length > 8 ? ", …" : ""}`;
}
