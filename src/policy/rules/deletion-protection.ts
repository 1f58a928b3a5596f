import type { Rule } from "../refusal.js";
import { isTrue } from "../stack-view.js";

/** Databases, with the argument by which AWS refuses to delete them. */
const PROTECTION: Readonly<Record<string, string>> = {
  aws_rds_cluster: "deletion_protection",
  aws_rds_global_cluster: "deletion_protection",
  aws_db_instance: "deletion_protection",
  aws_docdb_cluster: "deletion_protection",
  aws_neptune_cluster: "deletion_protection",
  aws_dynamodb_table: "deletion_protection_enabled",
};

/** Refuses databases that a mistaken plan could delete where people depend on them. */
export const deletionProtection = {
  id: "deletion-protection",
  why: "in production a mistaken plan, or a renamed construct, must not delete what people wrote",
  remedy: "set deletionProtection: true (database.deletionProtection in the environment's file)",
  check: (stack) =>
    Object.entries(PROTECTION)
      .flatMap(([type, argument]) => stack.ofType(type).filter((block) => !isTrue(block.arguments[argument])))
      .filter(() => stack.production)
      .map(({ path, type }) => ({
        path,
        type,
        what: "can be deleted, in an environment marked as production",
      })),
} satisfies Rule;
