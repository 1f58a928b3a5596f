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
  it("limits the costs of a month", () => {
    expect(budget()).toMatchObject({
      name: "notejam-dev-eu-west-1-monthly",
      budget_type: "COST",
      time_unit: "MONTHLY",
      limit_amount: "900",
      limit_unit: "USD",
    });
  });

  it("notifies at 80 %, at the limit, and by forecast", () => {
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

  it("notifies email addresses", () => {
    expect(budget({ emails: ["ops@example.com"] }).notification).toMatchObject([
      { subscriber_email_addresses: ["ops@example.com"] },
      {},
      {},
    ]);
  });

  it("filters costs by a tag", () => {
    expect(budget({ costTag: { key: "Environment", value: "dev" } }).cost_filter).toEqual([
      { name: "TagKeyValue", values: ["user:Environment$dev"] },
    ]);
  });

  it("rejects a budget without recipients", () => {
    expect(() => budget({ topicArn: undefined })).toThrow(/Add emails or a topicArn/);
  });
});
