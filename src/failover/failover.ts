import type { Environment } from "../config/environment.js";
import { type Names, namesOf } from "../config/names.js";
import type { TargetRegion } from "./target-region.js";

/** One move: which environment, to where. */
export interface Move {
  /** The copy that is left. */
  readonly source: Environment;
  readonly sourceNames: Names;
  /** The copy that is raised. */
  readonly copy: Environment;
  readonly names: Names;
  readonly target: TargetRegion;
  /** The AWS account, twelve digits. */
  readonly accountId: string;
  readonly now: Date;
}

/** Puts together what the checks and the plan read. */
export function moveOf(
  source: Environment,
  copy: Environment,
  rest: Pick<Move, "target" | "accountId" | "now">,
): Move {
  return { source, sourceNames: namesOf(source), copy, names: namesOf(copy), ...rest };
}
