import type { App } from "cdktf";
import type { TreeFile } from "../../modules/github/operations-repository.js";
import type { Environment } from "../config/environment.js";
import { namesOf } from "../config/names.js";
import type { Organization } from "../config/organization.js";
import { standbyOf } from "../config/standby.js";
import { BootstrapStack, type EnvironmentStacks } from "./bootstrap.js";
import { GitopsStack } from "./gitops.js";
import { PlatformStack } from "./platform/index.js";
import { needsOf } from "./workspace-requirements.js";

export interface Composition {
  readonly organization: Organization;
  readonly environments: readonly Environment[];
  /** What Flux applies in every environment. */
  readonly tree: readonly TreeFile[];
  /** The present: events that are over are not scheduled any more. */
  readonly now: Date;
}

/**
 * Adds every stack: two for each environment, and one for the account, which learns from the others what their workspaces
 * must give them.
 */
export function addStacks(app: App, { organization, environments, tree, now }: Composition): void {
  const built = environments.map((environment) => ({
    environment,
    stacks: [
      new PlatformStack(app, {
        environment,
        organization,
        now,
        promotesFrom: environments.find((other) => namesOf(other).instance === environment.promotesFrom),
      }),
      new GitopsStack(app, { environment, organization, tree }),
    ].map(needsOf),
  }));
  const standbys = built.filter(({ environment }) => isWithoutCopy(environment, environments)).map(standby);
  new BootstrapStack(app, { organization, environments: built, standbys });
}

/** Whether people depend on an environment of which nobody has prepared a recovery copy. */
function isWithoutCopy(environment: Environment, environments: readonly Environment[]): boolean {
  const { instance } = namesOf(standbyOf(environment));
  const isFirst = environment.recoveryOf === undefined;
  return (
    environment.production && isFirst && !environments.some((other) => namesOf(other).instance === instance)
  );
}

/** A copy needs what the first one's stacks need, in its own names. */
function standby({ environment, stacks }: EnvironmentStacks): EnvironmentStacks {
  const copy = standbyOf(environment);
  const first = namesOf(environment).platformStack;
  const own = (stack: string) => stack.replace(first, namesOf(copy).platformStack);
  return {
    environment: copy,
    stacks: stacks.map((needs) => ({
      ...needs,
      stack: own(needs.stack),
      readsStateOf: needs.readsStateOf.map(own),
    })),
  };
}
