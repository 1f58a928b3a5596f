import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { LogGroup } from "../core/log-group.js";
import { containerInsightsLogPrefix } from "./names.js";

export interface ContainerInsightsLogsProps {
  /** Name of the cluster as plain text, because the log groups do not depend on the cluster. */
  readonly clusterName: string;
  /** Retention in days. */
  readonly retentionDays: number;
  readonly kmsKeyArn: string;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-EKS-logs.html */
const KINDS = ["application", "dataplane", "host", "performance"] as const;

/**
 * Log groups of the CloudWatch add-on, with retention and key.
 *
 * Create them before the add-on. Otherwise the add-on creates groups without retention and key.
 */
export class ContainerInsightsLogs extends Construct {
  /** Log group of the pods' standard output. */
  readonly applicationGroupName: string;
  /** Dependencies of the add-ons. */
  readonly resources: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: ContainerInsightsLogsProps) {
    super(scope, id);
    const { clusterName, retentionDays, kmsKeyArn } = props;
    const prefix = containerInsightsLogPrefix(clusterName);
    this.applicationGroupName = `${prefix}/application`;
    this.resources = KINDS.map(
      (kind) => new LogGroup(this, kind, { name: `${prefix}/${kind}`, retentionDays, kmsKeyArn }).resource,
    );
  }
}
