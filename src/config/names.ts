import { accessLogsBucketName } from "@notejam/constructs/access-logs/names";
import { backupReplicaBucketName } from "@notejam/constructs/backup-storage/names";
import { imageRepositoryName } from "@notejam/constructs/ecr/names";
import { registryVariable } from "@notejam/constructs/github/names";
import type { Environment } from "./environment.js";

/**
 * Names of an environment's stacks, workspaces and resources. Names of other resources are made from `name` and
 * `globalName` by their module.
 */
export interface Names {
  /** Environment id: `prod`, or `prod-eu-central-1` for its standby. */
  readonly environmentId: string;
  /** Base of regional names (cluster, load balancer, log groups, repository): `notejam-<environment id>`. */
  readonly name: string;
  /** Base of global names (IAM roles, buckets, dashboards, budgets): `notejam-<environment>-<region>`. */
  readonly globalName: string;
  /** Platform stack, and its workspace in HCP Terraform. */
  readonly platformStack: string;
  /** GitOps stack, and its workspace in HCP Terraform. */
  readonly gitopsStack: string;
  /** Team whose token applies these stacks. */
  readonly applyTeam: string;
  /** EKS cluster. */
  readonly clusterName: string;
  /** Application load balancer. */
  readonly loadBalancerName: string;
  /** Aurora cluster. */
  readonly databaseClusterIdentifier: string;
  /** Secrets Manager secret with the application's database login. */
  readonly databaseSecretName: string;
  /** Prefix of the environment's secrets. */
  readonly secretsPrefix: string;
  /** Secrets Manager secret with Grafana's first user. */
  readonly grafanaSecretName: string;
  /** Secrets Manager secret with the token of the Slack application. */
  readonly slackSecretName: string;
  /** ECR repository of the application's image. */
  readonly imageRepository: string;
  /** Variable of the repository on GitHub with the URL of the image repository. */
  readonly registryVariable: string;
  /** Flux source of the operations repository. */
  readonly fluxSource: string;
}

/** Name that is longer than AWS allows. */
export interface NameTooLong {
  /** Kind of resource. */
  readonly of: string;
  /** The name with its longest suffix. */
  readonly name: string;
  /** Maximum number of characters. */
  readonly limit: number;
}

/** Fields of an environment that its names are made from. */
export type NamedEnvironment = Pick<Environment, "name" | "region" | "standbyOf">;

/** Bootstrap stack, one per AWS account, and its workspace. */
export const BOOTSTRAP_STACK = "notejam-bootstrap";

/** Team whose token plans every stack of every environment. */
export const PLAN_TEAM = "notejam-plan";

// Placeholders of the greatest length, to measure names before they exist.
const ACCOUNT_ID = "0".repeat(12);
const LONGEST_ROLE_SUFFIX = "x".repeat(31);

/** Returns an environment's names. */
export function namesOf({ name: environment, region, standbyOf }: NamedEnvironment): Names {
  const environmentId = standbyOf === undefined ? environment : `${environment}-${region}`;
  const name = `notejam-${environmentId}`;
  const globalName = `notejam-${environment}-${region}`;
  return {
    environmentId,
    name,
    globalName,
    platformStack: name,
    gitopsStack: gitopsStackOf(name),
    applyTeam: `${name}-apply`,
    clusterName: name,
    loadBalancerName: name,
    databaseClusterIdentifier: name,
    databaseSecretName: `notejam/${environmentId}/database`,
    secretsPrefix: `notejam/${environmentId}/`,
    grafanaSecretName: `notejam/${environmentId}/grafana`,
    slackSecretName: `notejam/${environmentId}/slack`,
    imageRepository: imageRepositoryName(name),
    registryVariable: registryVariable(environmentId),
    fluxSource: `${environmentId}-source`,
  };
}

/** Returns the GitOps stack that belongs to a platform stack. */
export function gitopsStackOf(platformStack: string): string {
  return `${platformStack}-gitops`;
}

/** Returns whether a stack is the GitOps stack of its environment. */
export function isGitopsStack(stack: string): boolean {
  return stack.endsWith(gitopsStackOf(""));
}

/** Returns the names of the primary whose replicas a standby uses; undefined for any other environment. */
export function namesOfPrimary({ name, standbyOf }: NamedEnvironment): Names | undefined {
  return standbyOf === undefined ? undefined : namesOf({ name, region: standbyOf.region });
}

/** Returns the names of an environment that are longer than AWS allows. */
export function namesTooLong(environment: NamedEnvironment): NameTooLong[] {
  const names = namesOf(environment);
  const measured: NameTooLong[] = [
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
    { of: "load balancer", name: names.loadBalancerName, limit: 32 },
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    { of: "bucket", name: backupReplicaBucketName(names.globalName, ACCOUNT_ID), limit: 63 },
    { of: "bucket", name: accessLogsBucketName(names.globalName, ACCOUNT_ID), limit: 63 },
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    { of: "IAM role", name: `${names.globalName}-${LONGEST_ROLE_SUFFIX}`, limit: 64 },
    // https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
    { of: "EKS cluster", name: names.clusterName, limit: 100 },
    // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html
    { of: "Aurora cluster", name: names.databaseClusterIdentifier, limit: 63 },
  ];
  return measured.filter(({ name, limit }) => name.length > limit);
}
