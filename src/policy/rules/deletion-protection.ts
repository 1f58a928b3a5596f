import type { Rule } from "../rule.js";
import { isTrue } from "../stack-view.js";

/** Database resource types, with the argument for deletion protection. */
const PROTECTION: Readonly<Record<string, string>> = {
  aws_rds_cluster: "deletion_protection",
  aws_rds_global_cluster: "deletion_protection",
  aws_db_instance: "deletion_protection",
  aws_docdb_cluster: "deletion_protection",
  aws_neptune_cluster: "deletion_protection",
  aws_dynamodb_table: "deletion_protection_enabled",
};

/** Databases in production must have deletion protection. */
export const deletionProtection = {
  id: "deletion-protection",
  reason: "a wrong plan or a renamed construct would delete the data of users",
  hint: "set deletionProtection: true (database.deletionProtection in the environment's file)",
  check: (stack) =>
    Object.entries(PROTECTION)
      .flatMap(([type, argument]) => stack.ofType(type).filter((block) => !isTrue(block.arguments[argument])))
      .filter(() => stack.production)
      .map((block) => ({ block, summary: "has no deletion protection, in a production environment" })),
} satisfies Rule;
