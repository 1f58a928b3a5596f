import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { LogGroup } from "../blocks/log-group.js";
import { containerInsightsLogPrefix } from "./names.js";

export interface ContainerInsightsLogsProps {
  /** The cluster's name as text: these groups come before the cluster's add-ons and need not wait for the cluster. */
  readonly clusterName: string;
  readonly retentionDays: number;
  readonly kmsKeyArn: string;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-EKS-logs.html */
const KINDS = ["application", "dataplane", "host", "performance"] as const;

/**
 * The log groups that the CloudWatch add-on writes to, made before it does.
 *
 * The add-on creates a group that it misses, and keeps its contents for ever without our key.
 */
export class ContainerInsightsLogs extends Construct {
  /** What the application and the other pods print. */
  readonly applicationGroupName: string;
  /** For `dependsOn` of the add-ons. */
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
