import { checkClusterAccess, checkKubernetesVersion } from "./cluster-rules.js";
import { checkEvents } from "./event-rules.js";
import { checkNetworks } from "./network-rules.js";
import { checkProduction } from "./production-rules.js";
import { checkNames, checkRegions } from "./region-rules.js";
import type { Errors, RuleOptions, ValidFields } from "./rule.js";
import { checkSizes } from "./size-rules.js";
import { checkTags } from "./tag-rules.js";

/**
 * Checks the rules between fields of an environment, and those that need more than the schema.
 *
 * @param today day on which versions must be supported
 */
export function* checkFields(valid: ValidFields, today: Date, options: RuleOptions): Errors {
  yield* checkRegions(valid);
  yield* checkNames(valid);
  yield* checkNetworks(valid);
  yield* checkClusterAccess(valid);
  yield* checkKubernetesVersion(valid, today, options);
  yield* checkSizes(valid);
  yield* checkProduction(valid);
  yield* checkEvents(valid);
  yield* checkTags(valid);
}
