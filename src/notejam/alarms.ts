import type { AlarmsProps } from "@notejam/constructs/observability/alarms";
import { clusterConditions } from "@notejam/constructs/observability/conditions/cluster";
import {
  databaseConditions,
  type MonitoredDatabase,
} from "@notejam/constructs/observability/conditions/database";
import {
  type MonitoredWebAcl,
  natGatewayConditions,
  webAclConditions,
} from "@notejam/constructs/observability/conditions/network";
import { serviceConditions } from "@notejam/constructs/observability/conditions/service";
import { backupConditions, type MonitoredBackups } from "./backup-alarms.js";

/** Thresholds of Notejam's alarms. */
const SERVICE = { errorPercent: 1, minimumRequestsPerMinute: 20, unavailablePerMinute: 5, p95Seconds: 1 };
const DATABASE = {
  cpuPercent: 80,
  freeMemoryMib: 256,
  freeDiskMib: 1024,
  replicaLagMilliseconds: 2000,
  connectionsShare: 0.8,
};
const CLUSTER = { cpuPercent: 85, memoryPercent: 85, diskPercent: 80 };
const WEB_ACL = { blockedRequests: 5000 };

/** Folder of the runbook that the alarms link to. */
export const RUNBOOK = "docs/runbook/alarms";

/** Resources that the alarms monitor. */
export interface MonitoredPlatform {
  /** `arnSuffix`: part of the ARN after `loadbalancer/`. */
  readonly loadBalancer: { readonly arnSuffix: string };
  readonly database: MonitoredDatabase;
  readonly cluster: { readonly name: string };
  readonly webAcl: MonitoredWebAcl;
  readonly backups: MonitoredBackups;
  readonly natGatewayIds: readonly string[];
}

/** Returns the conditions of all alarms of an environment. */
export function alarmConditions(platform: MonitoredPlatform): Pick<AlarmsProps, "symptoms" | "causes"> {
  return {
    symptoms: serviceConditions(platform.loadBalancer.arnSuffix, SERVICE),
    causes: [
      ...databaseConditions(platform.database, DATABASE),
      ...clusterConditions(platform.cluster.name, CLUSTER),
      ...webAclConditions(platform.webAcl, WEB_ACL),
      ...backupConditions(platform.backups),
      ...natGatewayConditions(platform.natGatewayIds),
    ],
  };
}
