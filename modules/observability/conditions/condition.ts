/** A series of values in CloudWatch. */
export interface Metric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly periodSeconds: number;
  /** `Average`, `Sum`, `Minimum`, `Maximum`, or a percentile such as `p95`. */
  readonly statistic: "Average" | "Sum" | "Minimum" | "Maximum" | `p${number}`;
}

interface ConditionBase {
  /** Lasting name in kebab-case; ends the alarm's name. */
  readonly id: string;
  /** One or two sentences to somebody who has just been woken. */
  readonly whatToDo: string;
  /** Heading in the runbook. @default the id */
  readonly runbookAnchor?: string;
  readonly threshold: number;
  /** @default "GreaterThanThreshold" */
  readonly comparison?: "GreaterThanThreshold" | "LessThanThreshold" | "GreaterThanOrEqualToThreshold";
  /** Alarm when this many of the last so many periods are beyond the threshold. */
  readonly periods: { readonly breaching: number; readonly of: number };
  /** What silence means; `ignore`: that nothing has changed. @default "notBreaching" */
  readonly withoutData?: "breaching" | "notBreaching" | "missing" | "ignore";
}

/** When to raise an alarm: one metric, or an expression over several (named by their keys). */
export type AlarmCondition = ConditionBase &
  (
    | { readonly metric: Metric }
    | { readonly expression: string; readonly metrics: Readonly<Record<string, Metric>> }
  );
