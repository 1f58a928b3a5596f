import { ReplicationAlarm } from "@notejam/constructs/backup-storage/replication-alarm";
import type { EksCluster } from "@notejam/constructs/eks/cluster";
import { Alarms } from "@notejam/constructs/observability/alarms";
import { Alerting } from "@notejam/constructs/observability/alerting";
import type { ContainerInsightsLogs } from "@notejam/constructs/observability/container-insights-logs";
import { Dashboard } from "@notejam/constructs/observability/dashboard";
import { MonthlyBudget } from "@notejam/constructs/observability/monthly-budget";
import { randomPassword, Secret } from "@notejam/constructs/secrets/secret";
import { partitionOf } from "../../config/regions.js";
import { alarmConditions, RUNBOOK } from "../../notejam/alarms.js";
import { notejamWidgets } from "../../notejam/dashboard.js";
import type { PlatformContext } from "./context.js";
import type { Data } from "./data.js";
import type { Edge } from "./edge.js";
import type { Network } from "./network.js";

/** Adds the topic for alarms, and the event for late replication of backups. */
export function addAlerting(context: PlatformContext, { backups }: Data): Alerting {
  const { stack, account, environment, names, keys } = context;
  const alerting = new Alerting(stack, "alerting", {
    name: names.name,
    account,
    kmsKeyArn: keys.alerts.arn,
    emails: environment.alarmEmails,
    bucketArns: [backups.bucketArn],
  });
  new ReplicationAlarm(stack, "late-copies", {
    bucketName: backups.bucketName,
    topicArn: alerting.topicArn,
    topicPolicy: alerting.policy,
  });
  return alerting;
}

/** Secrets of the monitoring stack. */
export interface OperatorSecrets {
  readonly grafana: Secret;
  readonly slack: Secret;
}

/** Adds the secrets, with initial values; later changes happen outside Terraform. */
export function addOperatorSecrets({ stack, environment, names, keys }: PlatformContext): OperatorSecrets {
  const settings = {
    kmsKeyArn: keys.secrets.arn,
    recoveryWindowDays: environment.keyDeletionWindowDays,
  };
  return {
    grafana: new Secret(stack, "grafana-secret", {
      name: names.grafanaSecretName,
      description: "Grafana's first user",
      initialValue: { username: "admin", password: randomPassword(stack, "grafana-password") },
      ...settings,
    }),
    slack: new Secret(stack, "slack-secret", {
      name: names.slackSecretName,
      description: "Token of the Slack application that sends alerts; set it in the console",
      // Pods that mount the secret do not start while it has no value.
      initialValue: { token: "not-set" },
      ...settings,
    }),
  };
}

/** Resources that alarms and the dashboard show. */
export interface MonitoredResources {
  readonly network: Network;
  readonly cluster: EksCluster;
  readonly data: Data;
  readonly edge: Edge;
  readonly alerting: Alerting;
  readonly insights: ContainerInsightsLogs;
}

/** Adds alarms, the dashboard and the monthly budget. */
export function addMonitoring(
  context: PlatformContext,
  { network, cluster, data, edge, alerting, insights }: MonitoredResources,
): void {
  const { stack, environment, names } = context;
  const { topicArn } = alerting;
  const { backups, database } = data;
  const { loadBalancer, webAcl } = edge;
  const monitored = {
    loadBalancer,
    database,
    cluster: { name: cluster.clusterName },
    webAcl: { name: webAcl.name, region: environment.region },
    backups: {
      environment: names.environmentId,
      bucketName: backups.bucketName,
      replicaBucketName: backups.replicaBucketName,
      replicationRuleId: backups.replicationRuleId,
    },
  };
  const alarms = new Alarms(stack, "alarms", {
    name: names.name,
    topicArn,
    runbook: RUNBOOK,
    ...alarmConditions({ ...monitored, natGatewayIds: network.vpc.natGatewayIds }),
  });
  new Dashboard(stack, "dashboard", {
    name: names.globalName,
    region: environment.region,
    alarmArns: alarms.alarmArns,
    ...monitored,
    furtherRows: notejamWidgets({
      region: environment.region,
      environment: names.environmentId,
      applicationLogGroupName: insights.applicationGroupName,
    }),
  });
  addBudget(context, topicArn);
}

/** AWS Budgets uses US dollars and is not available in GovCloud; in China it uses yuan. */
function addBudget({ stack, environment, names }: PlatformContext, topicArn: string): void {
  if (partitionOf(environment.region) !== "aws") return;
  new MonthlyBudget(stack, "budget", {
    name: names.globalName,
    limitUsd: environment.budget.monthlyUsd,
    emails: environment.budget.emails,
    topicArn,
    costTag: { key: "Environment", value: environment.name },
  });
}
