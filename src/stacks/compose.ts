import type { App } from "cdktf";
import type { TreeFile } from "../../modules/github/operations-repository.js";
import type { Environment } from "../config/environment.js";
import type { Organization } from "../config/organization.js";
import { BootstrapStack } from "./bootstrap.js";
import { GitopsStack } from "./gitops.js";
import { PlatformStack } from "./platform.js";

export interface Composition {
  readonly organization: Organization;
  readonly environments: readonly Environment[];
  /** What Flux applies in every environment. */
  readonly tree: readonly TreeFile[];
  /** The present: events that are over are not scheduled any more. */
  readonly now: Date;
}

/** Adds every stack: one for the account, and two for each environment. */
export function addStacks(app: App, { organization, environments, tree, now }: Composition): void {
  new BootstrapStack(app, { organization, environments });
  for (const environment of environments) {
    new PlatformStack(app, { environment, organization, now });
    new GitopsStack(app, { environment, organization, tree });
  }
}
