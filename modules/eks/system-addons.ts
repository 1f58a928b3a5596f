import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { Addon, type AddonsProps } from "./addon.js";

/** Service accounts of `SystemAddons`, whose Pod Identity associations must exist first. */
export const SYSTEM_SERVICE_ACCOUNTS = {
  /** Manages volumes: AWS managed policy `AmazonEBSCSIDriverPolicy` and `ebsCsi`. */
  ebsCsi: { namespace: "kube-system", serviceAccount: "ebs-csi-controller-sa" },
  /** Writes metrics and logs: AWS managed policy `CloudWatchAgentServerPolicy`. */
  cloudWatchAgent: { namespace: "amazon-cloudwatch", serviceAccount: "cloudwatch-agent" },
} as const;

/** Tolerates the taints `scope=<group>:NoSchedule` of the node groups, and no other. */
const NODE_GROUP_TAINTS = { key: "scope", operator: "Exists", effect: "NoSchedule" };

/**
 * EKS add-ons that run on nodes: kube-proxy, CoreDNS, metrics-server, EBS CSI driver, Secrets Store CSI driver, CloudWatch.
 *
 * Their Deployments tolerate no taints and run on a node group without taints. Their DaemonSets tolerate all taints, with
 * the two exceptions that are configured here.
 */
export class SystemAddons extends Construct {
  /** Dependencies of resources that need a working cluster. */
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
  // Default: two replicas on different nodes.
  coredns: undefined,
  "metrics-server": undefined,
  "aws-ebs-csi-driver": undefined,
  "aws-secrets-store-csi-driver-provider": {
    // The DaemonSet must run on all nodes. By default it tolerates no taints.
    tolerations: [{ operator: "Exists" }],
    "secrets-store-csi-driver": {
      enableSecretRotation: true,
      rotationPollInterval: "2m",
    },
  },
  "amazon-cloudwatch-observability": {
    // By default its Deployments tolerate all taints, return to a node that is being drained, and block the update of a
    // node group: https://github.com/aws-observability/helm-charts/issues/362
    tolerations: [NODE_GROUP_TAINTS],
    // Container Insights and logs, without Application Signals, which AWS bills per request.
    agent: {
      config: {
        logs: { metrics_collected: { kubernetes: { enhanced_container_insights: true } } },
      },
    },
    manager: { applicationSignals: { autoMonitor: { monitorAllServices: false } } },
    containerLogs: { enabled: true },
  },
};
