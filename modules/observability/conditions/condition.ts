/** Metric of CloudWatch, with its statistic. */
export interface Metric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly periodSeconds: number;
  /** `Average`, `Sum`, `Minimum`, `Maximum`, or a percentile such as `p95`. */
  readonly statistic: "Average" | "Sum" | "Minimum" | "Maximum" | `p${number}`;
}

interface ConditionBase {
  /** Construct id, which is a state address and never changes. Kebab-case. */
  readonly id: string;
  /** End of the alarm's name. @default the id */
  readonly name?: string;
  /** Instructions for the person on call, in one to three sentences. */
  readonly whatToDo: string;
  /** Page of the runbook: name of a Markdown file in its folder, without `.md`. */
  readonly runbookPage: string;
  /** Heading on that page. @default the name */
  readonly runbookAnchor?: string;
  readonly threshold: number;
  /** @default "GreaterThanThreshold" */
  readonly comparison?: "GreaterThanThreshold" | "LessThanThreshold" | "GreaterThanOrEqualToThreshold";
  /** Breaching periods (datapoints to alarm), out of the last evaluation periods, that trigger the alarm. */
  readonly periods: { readonly breaching: number; readonly of: number };
  /** Treatment of missing data. `ignore` keeps the state of the alarm. @default "notBreaching" */
  readonly withoutData?: "breaching" | "notBreaching" | "missing" | "ignore";
}

/** Condition of an alarm: one metric, or an expression over several metrics, which it names by their keys. */
export type AlarmCondition = ConditionBase &
  (
    | { readonly metric: Metric }
    | { readonly expression: string; readonly metrics: Readonly<Record<string, Metric>> }
  );
