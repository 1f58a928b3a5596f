import type { TreeFile } from "@notejam/constructs/github/operations-repository";
import type { App } from "cdktf";
import type { Environment } from "../config/environment.js";
import { namesOf } from "../config/names.js";
import type { Organization } from "../config/organization.js";
import { plannedStandby } from "../config/standby.js";
import { BootstrapStack, type EnvironmentStacks } from "./bootstrap.js";
import { GitopsStack } from "./gitops.js";
import { PlatformStack } from "./platform/index.js";
import { workspaceRequirements } from "./workspace-requirements.js";

export interface Composition {
  readonly organization: Organization;
  readonly environments: readonly Environment[];
  /** Flux tree, the same for every environment. */
  readonly tree: readonly TreeFile[];
  /** Current time: past events are not scheduled. */
  readonly now: Date;
}

/**
 * Adds all stacks: two per environment, and the bootstrap stack, which creates the workspaces that the others require.
 */
export function addStacks(app: App, { organization, environments, tree, now }: Composition): void {
  const built = environments.map((environment) => ({
    environment,
    stacks: [
      new PlatformStack(app, {
        environment,
        organization,
        now,
        promotesFrom: environments.find((other) => namesOf(other).environmentId === environment.promotesFrom),
      }),
      new GitopsStack(app, { environment, organization, tree }),
    ].map(workspaceRequirements),
  }));
  const standbys = built
    .filter(({ environment }) => needsStandby(environment, environments))
    .map(standbyStacks);
  new BootstrapStack(app, { organization, environments: built, standbys });
}

/** Returns whether an environment is a production primary without a standby. */
function needsStandby(environment: Environment, environments: readonly Environment[]): boolean {
  const { environmentId } = namesOf(plannedStandby(environment));
  const isPrimary = environment.standbyOf === undefined;
  return (
    environment.production &&
    isPrimary &&
    !environments.some((other) => namesOf(other).environmentId === environmentId)
  );
}

/** Returns the standby's stacks: the requirements of the primary's stacks, under the standby's names. */
function standbyStacks({ environment, stacks }: EnvironmentStacks): EnvironmentStacks {
  const standby = plannedStandby(environment);
  const primaryStack = namesOf(environment).platformStack;
  const rename = (stack: string) => stack.replace(primaryStack, namesOf(standby).platformStack);
  return {
    environment: standby,
    stacks: stacks.map((requirements) => ({
      ...requirements,
      stack: rename(requirements.stack),
      readsStateOf: requirements.readsStateOf.map(rename),
    })),
  };
}
