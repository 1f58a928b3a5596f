import { EncryptionKeys } from "@notejam/constructs/kms/encryption-keys";
import { permissionsBoundaryArn } from "@notejam/constructs/terraform-cloud/permissions-boundary";
import type { App } from "cdktf";
import type { Environment } from "../../config/environment.js";
import { type NamedEnvironment, type Names, namesOf } from "../../config/names.js";
import type { Organization } from "../../config/organization.js";
import { tagsOf } from "../../config/tags.js";
import type { PolicyException } from "../../policy/policy.js";
import { AwsStack } from "../aws-stack.js";
import { attachPermissionsBoundary } from "../permissions-boundary.js";
import { addCluster, addNodes, addWorkloadIdentities } from "./cluster.js";
import type { PlatformContext } from "./context.js";
import { addData } from "./data.js";
import { addEdge } from "./edge.js";
import { addNetwork } from "./network.js";
import { addAlerting, addMonitoring, addOperatorSecrets } from "./observability.js";
import { publishPlatformOutputs } from "./outputs.js";
import { addPushRole, addRegistry } from "./registry.js";

export interface PlatformStackProps {
  readonly environment: Environment;
  readonly organization: Organization;
  /** Current time: past events are not scheduled. */
  readonly now: Date;
  /** Environment whose images are promoted to this one. @default none */
  readonly promotesFrom?: NamedEnvironment;
}

/**
 * AWS resources of one environment: keys, network, cluster, data, the path of requests from the internet, IAM roles of
 * the workloads, and monitoring.
 *
 * Connects modules by their outputs. Each area is a function in a file of this folder.
 */
export class PlatformStack extends AwsStack {
  constructor(app: App, { environment, organization, now, promotesFrom }: PlatformStackProps) {
    const names = namesOf(environment);
    super(app, names.platformStack, {
      organization,
      region: environment.region,
      tags: tagsOf(environment),
      production: environment.production,
      exceptions: policyExceptions(environment),
    });
    attachPermissionsBoundary(this, permissionsBoundaryArn(this.account, names.name));

    const context = this.createContext(environment, names);
    const network = addNetwork(context);
    const cluster = addCluster(context, network);
    const data = addData(context, network);
    const registry = addRegistry(context);
    const edge = addEdge(context, network, data.accessLogs);
    const alerting = addAlerting(context, data);
    const secrets = addOperatorSecrets(context);
    const workloads = { data, registry, edge, alerting, secrets };
    const identities = addWorkloadIdentities(context, cluster, workloads);
    const insights = addNodes(context, { network, cluster, identities, now });
    addMonitoring(context, { network, cluster, data, edge, alerting, insights });
    const pushRole = addPushRole(context, registry, { organization, promotesFrom });
    publishPlatformOutputs({ context, network, cluster, ...workloads, pushRole });
  }

  private createContext(environment: Environment, names: Names): PlatformContext {
    const { account } = this;
    const replicaProvider = this.addProvider(environment.drRegion, "dr");
    const keys = new EncryptionKeys(this, "kms", {
      name: names.environmentId,
      system: `Notejam ${names.environmentId}`,
      account,
      deletionWindowDays: environment.keyDeletionWindowDays,
      replicaProvider,
    });
    const logs = { retentionDays: environment.logRetentionDays, kmsKeyArn: keys.logs.arn };
    return { stack: this, account, environment, names, keys, logs, replicaProvider };
  }
}

/** Resources that are exempt from a policy rule. */
function policyExceptions({ clusterEndpoint }: Environment): PolicyException[] {
  const because = clusterEndpoint.openToTheWorldBecause;
  return [
    {
      path: "access-logs/bucket/bucket",
      rule: "customer-managed-key",
      because: "ALB and S3 deliver access logs only to buckets under S3's own key",
    },
    ...(because ? [{ path: "eks/cluster", rule: "ingress-from-anywhere", because } as const] : []),
  ];
}
