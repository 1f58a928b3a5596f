import { BudgetsBudget } from "@cdktf/provider-aws/lib/budgets-budget/index.js";
import { Construct } from "constructs";
import { escapeTemplate } from "../blocks/escape-template.js";

export interface MonthlyBudgetProps {
  /** Unique in the account; budgets have no region. */
  readonly name: string;
  /** Dollars a month, more than 0. */
  readonly limitUsd: number;
  /** Who is told beside the topic's subscribers, at most 10. @default nobody */
  readonly emails?: readonly string[];
  /** @default none */
  readonly topicArn?: string;
  /**
   * Count only what carries this tag. The tag has to be activated as a cost allocation tag in the account that pays.
   * @default everything in the account
   */
  readonly costTag?: { readonly key: string; readonly value: string };
}

const NOTICES = [
  { notificationType: "ACTUAL", threshold: 80 },
  { notificationType: "ACTUAL", threshold: 100 },
  // Early in the month this one speaks first.
  { notificationType: "FORECASTED", threshold: 100 },
] as const;

/**
 * A limit for the month's costs that speaks before it is reached. It stops nothing.
 *
 * Only for the `aws` partition: GovCloud has no Budgets, China's are in yuan.
 */
export class MonthlyBudget extends Construct {
  constructor(scope: Construct, id: string, props: MonthlyBudgetProps) {
    super(scope, id);
    const { emails = [], topicArn, costTag } = props;
    if (emails.length === 0 && !topicArn)
      throw new Error(
        `${this.node.path}: a budget that tells nobody is of no use: give emails or a topicArn.`,
      );
    new BudgetsBudget(this, "budget", {
      name: `${props.name}-monthly`,
      budgetType: "COST",
      timeUnit: "MONTHLY",
      limitAmount: String(props.limitUsd),
      limitUnit: "USD",
      costFilter: costTag && [{ name: "TagKeyValue", values: [`user:${costTag.key}$${costTag.value}`] }],
      notification: NOTICES.map((notice) => ({
        ...notice,
        comparisonOperator: "GREATER_THAN",
        thresholdType: "PERCENTAGE",
        subscriberEmailAddresses: emails.length > 0 ? emails.map(escapeTemplate) : undefined,
        subscriberSnsTopicArns: topicArn ? [topicArn] : undefined,
      })),
    });
  }
}
