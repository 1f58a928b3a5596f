import { CloudwatchCompositeAlarm } from "@cdktf/provider-aws/lib/cloudwatch-composite-alarm/index.js";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js";
import { Construct } from "constructs";
import { type BackupsToWatch, backupConditions } from "./conditions/backups.js";
import { clusterConditions } from "./conditions/cluster.js";
import type { AlarmCondition, Metric } from "./conditions/condition.js";
import { type DatabaseToWatch, databaseConditions } from "./conditions/database.js";
import { natGatewayConditions, type WebAclToWatch, webAclConditions } from "./conditions/network.js";
import { serviceConditions } from "./conditions/service.js";

/** Group of alarms: the name of their file in the runbook. */
type AlarmGroup = "service" | "database" | "cluster" | "network" | "backups";

export interface AlarmsProps {
  /** Base of the alarms' names, unique in account and region. */
  readonly name: string;
  /** Where alarms are announced, also when they end. */
  readonly topicArn: string;
  /**
   * Path or URL of the runbook's folder for alarms: one Markdown file per {@link AlarmGroup}, one heading per alarm.
   *
   * @default "docs/runbook/alarms"
   */
  readonly runbook?: string;
  /** `arnSuffix`: the part of the ARN after `loadbalancer/`. */
  readonly loadBalancer: { readonly arnSuffix: string };
  readonly database: DatabaseToWatch;
  readonly cluster: { readonly name: string };
  readonly webAcl: WebAclToWatch;
  readonly backups: BackupsToWatch;
  /** @default none */
  readonly natGatewayIds?: readonly string[];
}

/**
 * What a person has to know about, and nothing else.
 *
 * What visitors feel (errors, no answer, slowness) is one alarm, "service impaired", so that one incident is one
 * message; its parts stay silent. What will become such an incident (a full disk, a busy writer, a backup that is missing)
 * speaks for itself.
 * Each description says what to do, and where the runbook says more.
 */
export class Alarms extends Construct {
  /** For the dashboard. */
  readonly alarmArns: readonly string[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const felt = serviceConditions(props.loadBalancer.arnSuffix).map((condition) =>
      this.addAlarm(props, "service", condition, []),
    );
    const impaired = this.addServiceImpaired(props, felt);
    const groups: [AlarmGroup, AlarmCondition[]][] = [
      ["database", databaseConditions(props.database)],
      ["cluster", clusterConditions(props.cluster.name)],
      ["network", webAclConditions(props.webAcl)],
      ["backups", backupConditions(props.backups)],
      ["network", natGatewayConditions(props.natGatewayIds ?? [])],
    ];
    const causes = groups.flatMap(([group, conditions]) =>
      conditions.map((condition) => this.addAlarm(props, group, condition, [props.topicArn])),
    );
    this.alarmArns = [impaired, ...felt, ...causes].map((alarm) => alarm.arn);
  }

  private addServiceImpaired(
    props: AlarmsProps,
    parts: readonly CloudwatchMetricAlarm[],
  ): CloudwatchCompositeAlarm {
    return new CloudwatchCompositeAlarm(this, "service-impaired", {
      alarmName: `${props.name}-service-impaired`,
      alarmDescription: describe(
        props,
        "service",
        "service-impaired",
        "Visitors get errors, no answer or slow answers. See which part of this alarm is on, then the alarms of database and cluster; undo the last deployment if it is younger than the alarm.",
      ),
      alarmRule: parts.map((alarm) => `ALARM("${alarm.alarmName}")`).join(" OR "),
      alarmActions: [props.topicArn],
      okActions: [props.topicArn],
    });
  }

  private addAlarm(
    props: AlarmsProps,
    group: AlarmGroup,
    condition: AlarmCondition,
    actions: readonly string[],
  ): CloudwatchMetricAlarm {
    return new CloudwatchMetricAlarm(this, condition.id, {
      alarmName: `${props.name}-${condition.id}`,
      alarmDescription: describe(props, group, condition.runbookAnchor ?? condition.id, condition.whatToDo),
      comparisonOperator: condition.comparison ?? "GreaterThanThreshold",
      threshold: condition.threshold,
      evaluationPeriods: condition.periods.of,
      datapointsToAlarm: condition.periods.breaching,
      treatMissingData: condition.withoutData ?? "notBreaching",
      alarmActions: [...actions],
      okActions: [...actions],
      ...measured(condition),
    });
  }
}

function describe(props: AlarmsProps, group: AlarmGroup, anchor: string, whatToDo: string): string {
  return `${whatToDo} Runbook: ${props.runbook ?? "docs/runbook/alarms"}/${group}.md#${anchor}`;
}

function measured(condition: AlarmCondition) {
  if ("metric" in condition) return single(condition.metric);
  const metrics = Object.entries(condition.metrics).map(([id, metric]) => ({ id, metric: part(metric) }));
  const result = { id: "result", expression: condition.expression, label: condition.id, returnData: true };
  return { metricQuery: [result, ...metrics] };
}

function single(metric: Metric) {
  const { namespace, metricName, dimensions, periodSeconds, statistic } = metric;
  const base = { namespace, metricName, dimensions: { ...dimensions }, period: periodSeconds };
  if (!statistic.startsWith("p")) return { ...base, statistic };
  // A percentile of a handful of requests says nothing.
  return { ...base, extendedStatistic: statistic, evaluateLowSampleCountPercentiles: "ignore" };
}

function part(metric: Metric) {
  const { namespace, metricName, dimensions, periodSeconds, statistic } = metric;
  return { namespace, metricName, dimensions: { ...dimensions }, period: periodSeconds, stat: statistic };
}
