import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { Addon, type AddonsProps } from "./addon.js";

/** Whose Pod Identity associations `SystemAddons` needs first. */
export const SYSTEM_SERVICE_ACCOUNTS = {
  /** Makes, attaches and encrypts volumes (AWS managed policy `AmazonEBSCSIDriverPolicy`, and the use of the key). */
  ebsCsi: { namespace: "kube-system", serviceAccount: "ebs-csi-controller-sa" },
  /** Writes metrics and logs (AWS managed policy `CloudWatchAgentServerPolicy`). */
  cloudWatchAgent: { namespace: "amazon-cloudwatch", serviceAccount: "cloudwatch-agent" },
} as const;

/** Tolerates the taint of every node group of ours (`scope=<group>:NoSchedule`) and no other. */
const OUR_NODE_GROUPS = { key: "scope", operator: "Exists", effect: "NoSchedule" };

/**
 * The add-ons that run on nodes: names, disks, secrets, metrics and logs.
 *
 * What AWS ships as a Deployment goes to the untainted node group `operations` and needs no toleration; what must run
 * on every node tolerates everything by default, with the two exceptions configured here.
 */
export class SystemAddons extends Construct {
  /** For `dependsOn` of what needs a working cluster. */
  readonly resources: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: AddonsProps) {
    super(scope, id);
    this.resources = Object.entries(CONFIGURATIONS).map(
      ([addonName, configuration]) =>
        new Addon(this, addonName, { ...props, addonName, configuration }).resource,
    );
  }
}

const CONFIGURATIONS: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>> = {
  "kube-proxy": undefined,
  // Two replicas on different nodes are AWS's default.
  coredns: undefined,
  "metrics-server": undefined,
  "aws-ebs-csi-driver": undefined,
  "aws-secrets-store-csi-driver-provider": {
    // The provider runs beside every pod that mounts a secret, and by default only on untainted nodes.
    tolerations: [{ operator: "Exists" }],
    "secrets-store-csi-driver": {
      enableSecretRotation: true,
      rotationPollInterval: "2m",
    },
  },
  "amazon-cloudwatch-observability": {
    // By default its Deployments, too, tolerate everything, go back to the node that is being drained and stop the
    // update of a node group: https://github.com/aws-observability/helm-charts/issues/362
    tolerations: [OUR_NODE_GROUPS],
    // Container Insights and logs, but not Application Signals: those are billed per request of the application.
    agent: {
      config: {
        logs: { metrics_collected: { kubernetes: { enhanced_container_insights: true } } },
      },
    },
    manager: { applicationSignals: { autoMonitor: { monitorAllServices: false } } },
    containerLogs: { enabled: true },
  },
};
