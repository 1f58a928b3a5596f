import { BudgetsBudget } from "@cdktf/provider-aws/lib/budgets-budget/index.js";
import { Construct } from "constructs";
import { escapeTemplate } from "../core/escape-template.js";

export interface MonthlyBudgetProps {
  /** Prefix of the budget's name, unique in the account (budgets are global). */
  readonly name: string;
  /** Limit per month in US dollars, more than 0. */
  readonly limitUsd: number;
  /** Email addresses that get notifications, at most 10. @default none */
  readonly emails?: readonly string[];
  /** ARN of an SNS topic that gets notifications. @default none */
  readonly topicArn?: string;
  /**
   * Limits the budget to resources with this tag, which must be an active cost allocation tag of the payer account.
   *
   * @default all costs of the account
   */
  readonly costTag?: { readonly key: string; readonly value: string };
}

const NOTIFICATIONS = [
  { notificationType: "ACTUAL", threshold: 80 },
  { notificationType: "ACTUAL", threshold: 100 },
  // Usually the first one, early in the month.
  { notificationType: "FORECASTED", threshold: 100 },
] as const;

/**
 * AWS Budgets limit for the costs of a month, with notifications at 80 % and 100 % and by forecast. It stops no resources.
 *
 * Only for the partition `aws`: AWS Budgets is not available in GovCloud and uses yuan in China.
 */
export class MonthlyBudget extends Construct {
  constructor(scope: Construct, id: string, props: MonthlyBudgetProps) {
    super(scope, id);
    const { emails = [], topicArn, costTag } = props;
    if (emails.length === 0 && !topicArn)
      throw new Error(`${this.node.path}: the budget has no recipients. Add emails or a topicArn.`);
    new BudgetsBudget(this, "budget", {
      name: `${props.name}-monthly`,
      budgetType: "COST",
      timeUnit: "MONTHLY",
      limitAmount: String(props.limitUsd),
      limitUnit: "USD",
      costFilter: costTag && [{ name: "TagKeyValue", values: [`user:${costTag.key}$${costTag.value}`] }],
      notification: NOTIFICATIONS.map((notification) => ({
        ...notification,
        comparisonOperator: "GREATER_THAN",
        thresholdType: "PERCENTAGE",
        subscriberEmailAddresses: emails.length > 0 ? emails.map(escapeTemplate) : undefined,
        subscriberSnsTopicArns: topicArn ? [topicArn] : undefined,
      })),
    });
  }
}
