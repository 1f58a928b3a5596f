import type { Environment } from "../config/environment.js";
import { type Names, namesOf } from "../config/names.js";
import type { TargetRegion } from "./target-region.js";

/** A failover of an environment to another region. */
export interface Failover {
  readonly primary: Environment;
  readonly primaryNames: Names;
  readonly standby: Environment;
  /** Names of the standby. */
  readonly names: Names;
  readonly target: TargetRegion;
  /** AWS account, twelve digits. */
  readonly accountId: string;
  readonly now: Date;
}

/** Creates the input of the checks and of the plan. */
export function failoverOf(
  primary: Environment,
  standby: Environment,
  rest: Pick<Failover, "target" | "accountId" | "now">,
): Failover {
  return { primary, primaryNames: namesOf(primary), standby, names: namesOf(standby), ...rest };
}
