import type { Rule } from "../refusal.js";

/** Refuses log groups that keep everything for ever. */
export const logRetention = {
  id: "log-retention",
  why: "a log group without retention keeps everything for ever, at a growing price and against the promise to delete",
  remedy:
    "set retentionInDays (the environment's logRetentionDays), best by the construct LogGroup of modules/blocks",
  check: (stack) =>
    stack
      .ofType("aws_cloudwatch_log_group")
      .filter(({ arguments: { retention_in_days: days } }) => days === undefined || days === 0)
      .map(({ path, type }) => ({ path, type, what: "has no retention" })),
} satisfies Rule;
