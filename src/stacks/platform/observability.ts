import { LateCopyNotice } from "../../../modules/backup-storage/late-copy-notice.js";
import type { EksCluster } from "../../../modules/eks/cluster.js";
import { Alarms } from "../../../modules/observability/alarms.js";
import { Alerting } from "../../../modules/observability/alerting.js";
import type { ContainerInsightsLogs } from "../../../modules/observability/container-insights-logs.js";
import { Dashboard } from "../../../modules/observability/dashboard.js";
import { MonthlyBudget } from "../../../modules/observability/monthly-budget.js";
import { KeptSecret, madeUpPassword } from "../../../modules/secrets/kept-secret.js";
import { partitionOf } from "../../config/regions.js";
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
  new LateCopyNotice(stack, "late-copies", {
    bucketName: backups.bucketName,
    topicArn: alerting.topicArn,
    topicPolicy: alerting.policy,
  });
  return alerting;
}

/** Secrets of the monitoring stack. */
export interface OperatorSecrets {
  readonly grafana: KeptSecret;
  readonly slack: KeptSecret;
}

/** Adds the secrets, with initial values; later changes happen outside Terraform. */
export function addOperatorSecrets({ stack, environment, names, keys }: PlatformContext): OperatorSecrets {
  const settings = {
    kmsKeyArn: keys.secrets.arn,
    recoveryWindowDays: environment.keyDeletionWindowDays,
  };
  return {
    grafana: new KeptSecret(stack, "grafana-secret", {
      name: names.grafanaSecretName,
      description: "Grafana's first user",
      firstValue: { username: "admin", password: madeUpPassword(stack, "grafana-password") },
      ...settings,
    }),
    slack: new KeptSecret(stack, "slack-secret", {
      name: names.slackSecretName,
      description: "Token of the Slack application that sends alerts; set it in the console",
      // Pods that mount the secret do not start while it has no value.
      firstValue: { token: "not-set" },
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
      environment: names.instance,
      bucketName: backups.bucketName,
      replicaBucketName: backups.replicaBucketName,
      replicationRuleId: backups.replicationRuleId,
    },
  };
  const alarms = new Alarms(stack, "alarms", {
    name: names.name,
    topicArn,
    natGatewayIds: network.vpc.natGatewayIds,
    ...monitored,
  });
  new Dashboard(stack, "dashboard", {
    name: names.globalName,
    region: environment.region,
    alarmArns: alarms.alarmArns,
    applicationLogGroupName: insights.applicationGroupName,
    ...monitored,
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
