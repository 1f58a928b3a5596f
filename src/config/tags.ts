import type { Environment } from "./environment.js";

/** Tags that every environment bears unless it says otherwise. */
export const DEFAULT_TAGS: Readonly<Record<string, string>> = { Owner: "DevOps", Project: "NoteJam" };

/** Tags that the code sets and an environment cannot. */
export const COMPUTED_TAGS: readonly string[] = ["Environment", "ManagedBy"];

/** Tags that every resource must bear; the policy refuses one without. */
export const REQUIRED_TAGS: readonly string[] = ["Owner", "Environment", "ManagedBy", "Project"];

const MANAGED_BY = "Terraform";

/** All tags of an environment's resources: the provider's default tags, and what default tags do not reach. */
export function tagsOf({ name, tags }: Pick<Environment, "name" | "tags">): Record<string, string> {
  return { ...tags, Environment: name, ManagedBy: MANAGED_BY };
}

/** Tags of what an account has once and all environments share. */
export function bootstrapTags(): Record<string, string> {
  return { ...DEFAULT_TAGS, Environment: "shared", ManagedBy: MANAGED_BY };
}
