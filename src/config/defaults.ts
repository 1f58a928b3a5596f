import type { Environment } from "./environment.js";
import { DEFAULT_REGION } from "./regions.js";
import { DEFAULT_TAGS } from "./tags.js";

/** Fields that only an environment itself can say. */
export type RequiredField =
  | "name"
  | "production"
  | "drRegion"
  | "hostedZone"
  | "hostName"
  | "clusterEndpoint"
  | "budget"
  | "alarmEmails";

/** What an environment gets where it says nothing: a small but complete copy of production, on the safe side. */
export const DEFAULTS: Readonly<Omit<Environment, RequiredField | "promotesFrom" | "recoveryOf">> = {
  region: DEFAULT_REGION,
  vpcCidr: "192.168.0.0/16",
  serviceCidr: "172.20.0.0/16",
  natGateways: "per-zone",
  interfaceEndpoints: false,
  clusterAdmins: [],
  clusterViewers: [],
  kubernetesVersion: "1.35",
  nodeGroups: {
    apps: { instanceTypes: ["t3.large"], min: 1, desired: 1, max: 3, diskGib: 50 },
    monitoring: { instanceTypes: ["t3.large"], min: 1, desired: 1, max: 3, diskGib: 50 },
    operations: { instanceTypes: ["t3.large"], min: 1, desired: 1, max: 3, diskGib: 50 },
  },
  application: { replicas: { min: 2, max: 8 }, timeZone: "UTC" },
  load: { usualRequestsPerSecond: 50, eventFactor: 4 },
  events: [],
  database: {
    engineVersion: "17.9",
    instanceClass: "db.t3.medium",
    readers: { min: 1, max: 2 },
    backupRetentionDays: 35,
    deletionProtection: true,
    finalSnapshot: true,
  },
  backups: { retentionDays: 1095, objectLockMode: "GOVERNANCE" },
  logRetentionDays: 90,
  keyDeletionWindowDays: 30,
  githubRepositories: ["notejam"],
  waf: { floodLimit: 2000, signInLimit: 100, countOnly: [] },
  tags: DEFAULT_TAGS,
};

/** Fills what an environment leaves out, also inside objects; lists are taken whole. */
export function withDefaults(input: object): Record<string, unknown> {
  return fill(DEFAULTS, input);
}

function fill(defaults: object, input: object): Record<string, unknown> {
  const filled: Record<string, unknown> = { ...defaults };
  for (const [key, value] of Object.entries(input)) {
    const fallback = filled[key];
    if (value === undefined) continue;
    filled[key] = isPlainObject(fallback) && isPlainObject(value) ? fill(fallback, value) : value;
  }
  return filled;
}

function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
