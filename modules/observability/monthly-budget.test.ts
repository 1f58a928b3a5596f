import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { MonthlyBudget, type MonthlyBudgetProps } from "./monthly-budget.js";

function budget(change: Partial<MonthlyBudgetProps> = {}) {
  return synthesize((scope) => {
    new MonthlyBudget(scope, "budget", {
      name: "notejam-dev-eu-west-1",
      limitUsd: 900,
      topicArn: "topic",
      ...change,
    });
  }).one("aws_budgets_budget");
}

describe("MonthlyBudget", () => {
  it("limits the month's costs", () => {
    expect(budget()).toMatchObject({
      name: "notejam-dev-eu-west-1-monthly",
      budget_type: "COST",
      time_unit: "MONTHLY",
      limit_amount: "900",
      limit_unit: "USD",
    });
  });

  it("speaks at 80 %, at the limit, and when the limit is foreseen", () => {
    const topic = {
      subscriber_sns_topic_arns: ["topic"],
      threshold_type: "PERCENTAGE",
      comparison_operator: "GREATER_THAN",
    };
    expect(budget().notification).toEqual([
      { notification_type: "ACTUAL", threshold: 80, ...topic },
      { notification_type: "ACTUAL", threshold: 100, ...topic },
      { notification_type: "FORECASTED", threshold: 100, ...topic },
    ]);
  });

  it("can tell people directly", () => {
    expect(budget({ emails: ["ops@example.com"] }).notification).toMatchObject([
      { subscriber_email_addresses: ["ops@example.com"] },
      {},
      {},
    ]);
  });

  it("can count one environment alone", () => {
    expect(budget({ costTag: { key: "Environment", value: "dev" } }).cost_filter).toEqual([
      { name: "TagKeyValue", values: ["user:Environment$dev"] },
    ]);
  });

  it("refuses to tell nobody", () => {
    expect(() => budget({ topicArn: undefined })).toThrow(/give emails or a topicArn/);
  });
});
