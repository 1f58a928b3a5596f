import type { Rule } from "../rule.js";

/** Log groups must have a retention. */
export const logRetention = {
  id: "log-retention",
  reason: "a log group without retention never deletes personal data, and its cost grows without limit",
  hint: "create it with LogGroup of modules/core, or set retentionInDays to logRetentionDays of the environment",
  check: (stack) =>
    stack
      .ofType("aws_cloudwatch_log_group")
      .filter(({ arguments: { retention_in_days: days } }) => days === undefined || days === 0)
      .map((block) => ({ block, summary: "has no retention" })),
} satisfies Rule;
