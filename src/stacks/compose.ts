import type { App } from "cdktf";
import type { TreeFile } from "../../modules/github/operations-repository.js";
import type { Environment } from "../config/environment.js";
import { namesOf } from "../config/names.js";
import type { Organization } from "../config/organization.js";
import { BootstrapStack } from "./bootstrap.js";
import { GitopsStack } from "./gitops.js";
import { PlatformStack } from "./platform.js";
import { needsOf } from "./workspace-needs.js";

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
  new BootstrapStack(app, { organization, environments: built });
}
