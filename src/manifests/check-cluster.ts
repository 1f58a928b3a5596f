import type { Diagnostic } from "../diagnostic.js";
import type { Cluster } from "../kubernetes/cluster.js";
import type { ChartValues } from "./chart-values.js";
import { collisions } from "./checks/collisions.js";
import { identities } from "./checks/identities.js";
import { kustomizations } from "./checks/kustomizations.js";
import { namespaces } from "./checks/namespaces.js";
import { ports } from "./checks/ports.js";
import { references } from "./checks/references.js";
import { releases } from "./checks/releases.js";
import { removedApi } from "./checks/removed-api.js";
import { scheduling } from "./checks/scheduling.js";
import { schema } from "./checks/schema.js";
import { selectors } from "./checks/selectors.js";
import { values } from "./checks/values.js";
import { workloads } from "./checks/workloads.js";
import type { Schemas } from "./schemas.js";

/** Optional inputs of checks; without one its check is skipped. */
export interface Validators {
  readonly schemas: Schemas | undefined;
  readonly charts: ChartValues | undefined;
}

const CHECKS = [
  collisions,
  identities,
  kustomizations,
  namespaces,
  ports,
  references,
  releases,
  scheduling,
  selectors,
  workloads,
] as const;

/** Runs all checks on a cluster. */
export function checkCluster(cluster: Cluster, { schemas, charts }: Validators): Diagnostic[] {
  return [
    ...(schemas === undefined ? removedApi(cluster) : schema(cluster, schemas)),
    ...(charts === undefined ? [] : values(cluster, charts)),
    ...CHECKS.flatMap((check) => check(cluster)),
  ];
}
