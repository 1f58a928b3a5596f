import { CloudwatchCompositeAlarm } from "@cdktf/provider-aws/lib/cloudwatch-composite-alarm/index.js";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js";
import { Construct } from "constructs";
import type { AlarmCondition, Metric } from "./conditions/condition.js";

export interface AlarmsProps {
  /** Prefix of the alarms' names, unique in account and region. */
  readonly name: string;
  /** ARN of the SNS topic that is notified when an alarm starts and when it ends. */
  readonly topicArn: string;
  /** URL or path of the runbook's folder, which contains the pages that the conditions name. */
  readonly runbook: string;
  /** Symptoms that users notice. They trigger one composite alarm, "service impaired", and send no messages. */
  readonly symptoms: readonly AlarmCondition[];
  /** Conditions that send their own messages, because they will cause an outage. */
  readonly causes: readonly AlarmCondition[];
}

/**
 * CloudWatch alarms for conditions that need a person.
 *
 * One incident sends one message: the symptoms that users notice (errors, slow or no responses) are child alarms of a
 * composite alarm. Each description contains instructions and a link to the runbook.
 */
export class Alarms extends Construct {
  /** ARNs of all alarms: composite alarm, symptoms, causes. */
  readonly alarmArns: readonly string[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const symptoms = props.symptoms.map((condition) => this.addAlarm(props, condition, []));
    const impaired = this.addServiceImpaired(props, symptoms);
    const causes = props.causes.map((condition) => this.addAlarm(props, condition, [props.topicArn]));
    this.alarmArns = [impaired, ...symptoms, ...causes].map((alarm) => alarm.arn);
  }

  private addServiceImpaired(
    props: AlarmsProps,
    symptoms: readonly CloudwatchMetricAlarm[],
  ): CloudwatchCompositeAlarm {
    return new CloudwatchCompositeAlarm(this, "service-impaired", {
      alarmName: `${props.name}-service-impaired`,
      alarmDescription: describe(
        props,
        { page: "service", anchor: "service-impaired" },
        "Users get errors, slow responses or no responses. Check which child alarm is in state ALARM, then the alarms of database and cluster. If a deployment started shortly before the alarm, roll it back.",
      ),
      alarmRule: symptoms.map((alarm) => `ALARM("${alarm.alarmName}")`).join(" OR "),
      alarmActions: [props.topicArn],
      okActions: [props.topicArn],
    });
  }

  private addAlarm(
    props: AlarmsProps,
    condition: AlarmCondition,
    actions: readonly string[],
  ): CloudwatchMetricAlarm {
    const name = condition.name ?? condition.id;
    return new CloudwatchMetricAlarm(this, condition.id, {
      alarmName: `${props.name}-${name}`,
      alarmDescription: describe(
        props,
        { page: condition.runbookPage, anchor: condition.runbookAnchor ?? name },
        condition.whatToDo,
      ),
      comparisonOperator: condition.comparison ?? "GreaterThanThreshold",
      threshold: condition.threshold,
      evaluationPeriods: condition.periods.of,
      datapointsToAlarm: condition.periods.breaching,
      treatMissingData: condition.withoutData ?? "notBreaching",
      alarmActions: [...actions],
      okActions: [...actions],
      ...metricArguments(condition),
    });
  }
}

interface RunbookEntry {
  readonly page: string;
  readonly anchor: string;
}

function describe({ runbook }: AlarmsProps, { page, anchor }: RunbookEntry, whatToDo: string): string {
  return `${whatToDo} Runbook: ${runbook}/${page}.md#${anchor}`;
}

function metricArguments(condition: AlarmCondition) {
  if ("metric" in condition) return singleMetric(condition.metric);
  const metrics = Object.entries(condition.metrics).map(([id, metric]) => ({
    id,
    metric: queriedMetric(metric),
  }));
  const result = { id: "result", expression: condition.expression, label: condition.id, returnData: true };
  return { metricQuery: [result, ...metrics] };
}

function singleMetric(metric: Metric) {
  const { namespace, metricName, dimensions, periodSeconds, statistic } = metric;
  const base = { namespace, metricName, dimensions: { ...dimensions }, period: periodSeconds };
  if (!statistic.startsWith("p")) return { ...base, statistic };
  // A percentile of a few requests is meaningless.
  return { ...base, extendedStatistic: statistic, evaluateLowSampleCountPercentiles: "ignore" };
}

function queriedMetric(metric: Metric) {
  const { namespace, metricName, dimensions, periodSeconds, statistic } = metric;
  return { namespace, metricName, dimensions: { ...dimensions }, period: periodSeconds, stat: statistic };
}
