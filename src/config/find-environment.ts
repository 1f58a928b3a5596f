import { UserError } from "../user-error.js";
import { type NamedEnvironment, namesOf } from "./names.js";

/**
 * Finds an environment by its id, such as `dev` or `prod-eu-central-1`.
 *
 * @throws UserError with the ids that exist
 */
export function findEnvironment<T extends NamedEnvironment>(environments: readonly T[], id: string): T {
  const found = environments.find((environment) => namesOf(environment).environmentId === id);
  if (found !== undefined) return found;
  const known = environments.map((environment) => namesOf(environment).environmentId).join(", ");
  throw new UserError(`There is no environment ${JSON.stringify(id)}.`, { hint: `Choose from: ${known}.` });
}
