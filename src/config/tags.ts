import type { Environment } from "./environment.js";

/** Default tags; an environment can override them. */
const DEFAULT_TAGS: Readonly<Record<string, string>> = { Owner: "DevOps", Project: "NoteJam" };

/** Tags that the code sets and an environment cannot override. */
export const COMPUTED_TAGS: readonly string[] = ["Environment", "ManagedBy"];

/** Tags that every resource must have; the policy checks them. */
export const REQUIRED_TAGS: readonly string[] = ["Owner", "Environment", "ManagedBy", "Project"];

const MANAGED_BY = "Terraform";

/** Returns all tags of the resources of an environment: for default tags, and for resources without default tags. */
export function tagsOf({ name, tags }: Pick<Environment, "name" | "tags">): Record<string, string> {
  return { ...DEFAULT_TAGS, ...tags, Environment: name, ManagedBy: MANAGED_BY };
}

/** Returns the tags of resources that all environments of an account share. */
export function bootstrapTags(): Record<string, string> {
  return { ...DEFAULT_TAGS, Environment: "shared", ManagedBy: MANAGED_BY };
}
