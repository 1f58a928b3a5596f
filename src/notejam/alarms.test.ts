import { Alarms } from "@notejam/constructs/observability/alarms";
import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { alarmConditions, type MonitoredPlatform, RUNBOOK } from "./alarms.js";

function alarms(change: Partial<MonitoredPlatform> = {}) {
  return synthesize((scope) => {
    new Alarms(scope, "alarms", {
      name: "notejam-dev",
      topicArn: "topic",
      runbook: RUNBOOK,
      ...alarmConditions({
        loadBalancer: { arnSuffix: "app/notejam-dev/50dc6c495c0c9188" },
        database: { clusterIdentifier: "notejam-dev", maxConnections: 405 },
        cluster: { name: "notejam-dev" },
        webAcl: { name: "notejam-dev", region: "eu-west-1" },
        natGatewayIds: ["nat-a", "nat-b", "nat-c"],
        backups: {
          environment: "dev",
          bucketName: "backups",
          replicaBucketName: "backups-there",
          replicationRuleId: "copy",
        },
        ...change,
      }),
    });
  });
}

describe("Notejam's alarms", () => {
  const stack = alarms();
  const all = stack.resources("aws_cloudwatch_metric_alarm");
  const composite = stack.one("aws_cloudwatch_composite_alarm");
  const alarm = (name: string) => {
    const found = all.find((one) => one.alarm_name === `notejam-dev-${name}`);
    if (!found) throw new Error(`no alarm ${name}`);
    return found;
  };
  const symptoms = ["service-errors", "service-unavailable", "service-slow"];
  const isSymptom = (name: unknown) => symptoms.some((part) => name === `notejam-dev-${part}`);

  it("send one message for symptoms that users notice", () => {
    const parts = symptoms.map(
      (name) => `ALARM("\${aws_cloudwatch_metric_alarm.${alarm(name).id}.alarm_name}")`,
    );
    expect(composite).toMatchObject({
      alarm_name: "notejam-dev-service-impaired",
      alarm_rule: parts.join(" OR "),
      alarm_actions: ["topic"],
      ok_actions: ["topic"],
    });
    for (const name of symptoms) expect(alarm(name).alarm_actions ?? []).toEqual([]);
  });

  it("send the start and the end of all other alarms", () => {
    for (const one of all.filter((candidate) => !isSymptom(candidate.alarm_name)))
      expect(one).toMatchObject({ alarm_actions: ["topic"], ok_actions: ["topic"] });
  });

  it("describe what to do and link to the runbook", () => {
    for (const { alarm_description } of [...all, composite])
      expect(alarm_description).toMatch(
        /^[A-Z].{60,}\. Runbook: docs\/runbook\/alarms\/[a-z]+\.md#[a-z0-9-]+$/,
      );
  });

  it("monitor each part of the platform", () => {
    expect(all.map((one) => String(one.alarm_name).replace("notejam-dev-", "")).sort()).toEqual([
      "backup-not-copied",
      "backup-overdue",
      "backup-unproven",
      "cluster-nodes-cpu",
      "cluster-nodes-disk",
      "cluster-nodes-failed",
      "cluster-nodes-memory",
      "cluster-pods-pending",
      "cluster-unwatched",
      "database-connections",
      "database-cpu",
      "database-disk",
      "database-memory",
      "database-replica-lag",
      "firewall-blocks",
      "nat-gateway-1-ports",
      "nat-gateway-2-ports",
      "nat-gateway-3-ports",
      "restore-test-failed",
      "service-errors",
      "service-slow",
      "service-unavailable",
    ]);
  });

  it("measure errors of pods and load balancer as a share of requests, if there are enough requests", () => {
    expect(alarm("service-errors").metric_query).toEqual([
      expect.objectContaining({
        id: "result",
        return_data: true,
        expression:
          "IF(requests >= 20, 100 * (FILL(target_errors, 0) + FILL(balancer_errors, 0)) / requests, 0)",
      }),
      ...[
        ["requests", "RequestCount"],
        ["target_errors", "HTTPCode_Target_5XX_Count"],
        ["balancer_errors", "HTTPCode_ELB_5XX_Count"],
      ].map(([id, metric_name]) => ({
        id,
        metric: {
          namespace: "AWS/ApplicationELB",
          metric_name,
          dimensions: { LoadBalancer: "app/notejam-dev/50dc6c495c0c9188" },
          period: 60,
          stat: "Sum",
        },
      })),
    ]);
  });

  it("measure response times by the 95th percentile", () => {
    expect(alarm("service-slow")).toMatchObject({
      metric_name: "TargetResponseTime",
      extended_statistic: "p95",
      evaluate_low_sample_count_percentiles: "ignore",
      threshold: 1,
      evaluation_periods: 15,
      datapoints_to_alarm: 10,
    });
    expect(alarm("service-slow")).not.toHaveProperty("statistic");
  });

  it("treat missing metrics of writer and cluster as breaching, and missing errors as none", () => {
    expect(alarm("database-cpu").treat_missing_data).toBe("breaching");
    expect(alarm("cluster-unwatched").treat_missing_data).toBe("breaching");
    expect(alarm("service-unavailable").treat_missing_data).toBe("notBreaching");
  });

  it("start at 80 % of the database connections", () => {
    expect(alarm("database-connections")).toMatchObject({
      threshold: 324,
      dimensions: { DBClusterIdentifier: "notejam-dev", Role: "WRITER" },
    });
    const unknown = alarms({ database: { clusterIdentifier: "notejam-dev" } });
    expect(unknown.count("aws_cloudwatch_metric_alarm")).toBe(all.length - 1);
  });

  it("monitor each NAT gateway", () => {
    expect(alarm("nat-gateway-2-ports")).toMatchObject({ dimensions: { NatGatewayId: "nat-b" } });
  });

  describe("for backups", () => {
    const MINUTES = 60;
    const HOURS = 60 * MINUTES;

    /** Reports of backup jobs: one every four hours from hour 0 on, which ends after ten minutes and reports the age. */
    function reportsOfJobs(succeeds: readonly boolean[]): { at: number; value: number }[] {
      let newest = -4 * HOURS;
      return succeeds.map((success, index) => {
        const start = index * 4 * HOURS;
        if (success) newest = start;
        return { at: start + 10 * MINUTES, value: start + 10 * MINUTES - newest };
      });
    }

    /** Seconds until the alarm starts, evaluated at the end of each period like in CloudWatch; undefined for never. */
    function startOf(name: string, reports: readonly { at: number; value: number }[], until: number) {
      const { metric_query, evaluation_periods, threshold } = alarm(name);
      const [result, series] = Object(metric_query);
      const filled = Number(/^FILL\(age, (\d+)\)$/.exec(result.expression)?.[1]);
      const period = series.metric.period;
      const breaches = (start: number) =>
        Math.min(
          ...reports.filter(({ at }) => at >= start && at < start + period).map(({ value }) => value),
          filled,
        ) > Number(threshold);
      const window = Number(evaluation_periods) * period;
      for (let now = window; now <= until; now += period) {
        const starts = Array.from(
          { length: Number(evaluation_periods) },
          (_, n) => now - window + n * period,
        );
        if (starts.every(breaches)) return now;
      }
      return undefined;
    }

    const good = [true, true, true, true];

    it("do not start while all jobs succeed, or when a single one fails", () => {
      expect(startOf("backup-overdue", reportsOfJobs([...good, ...good]), 28 * HOURS)).toBeUndefined();
      expect(startOf("backup-overdue", reportsOfJobs([...good, false, ...good]), 32 * HOURS)).toBeUndefined();
    });

    it.each([
      ["jobs fail", reportsOfJobs([...good, false, false, false])],
      ["jobs do not run", reportsOfJobs(good)],
    ])("start nine to ten hours after the last backup if %s", (_what, reports) => {
      const last = 12 * HOURS;
      const at = startOf("backup-overdue", reports, 40 * HOURS);
      expect(at).toBeGreaterThanOrEqual(last + 9 * HOURS);
      expect(at).toBeLessThanOrEqual(last + 10 * HOURS + 10 * MINUTES);
    });

    it("treat missing metrics as breaching", () => {
      expect(startOf("backup-overdue", [], 12 * HOURS)).toBe(9 * HOURS);
      expect(alarm("backup-overdue").treat_missing_data).toBe("breaching");
      expect(alarm("backup-unproven").treat_missing_data).toBe("breaching");
    });

    it("start when the newest verified backup is nine days old", () => {
      expect(alarm("backup-unproven")).toMatchObject({
        namespace: "Notejam/Backups",
        metric_name: "VerifiedBackupAge",
        dimensions: { Environment: "dev" },
        comparison_operator: "GreaterThanThreshold",
        threshold: 9 * 24 * HOURS,
      });
    });

    it("stay on after a failed restore test until one succeeds", () => {
      expect(alarm("restore-test-failed")).toMatchObject({
        metric_name: "RestoreTestSucceeded",
        comparison_operator: "LessThanThreshold",
        threshold: 1,
        treat_missing_data: "ignore",
      });
    });

    it("start when a backup was not replicated to the DR region", () => {
      expect(alarm("backup-not-copied")).toMatchObject({
        namespace: "AWS/S3",
        metric_name: "OperationsFailedReplication",
        dimensions: { SourceBucket: "backups", DestinationBucket: "backups-there", RuleId: "copy" },
        threshold: 0,
      });
    });
  });

  it("evaluate no longer range than CloudWatch: a day, or a week for periods of one hour and more", () => {
    for (const one of all) {
      const [, series] = Object(one.metric_query ?? []);
      const period = Number(one.period ?? series.metric.period);
      const most = period < 3600 ? 86_400 : 7 * 86_400;
      expect(period * Number(one.evaluation_periods), String(one.alarm_name)).toBeLessThanOrEqual(most);
    }
  });
});
