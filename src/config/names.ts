import type { Environment } from "./environment.js";

/** Every name that an environment's stacks and workspaces use; modules append their own suffix to `name` and `globalName`. */
export interface Names {
  /** What tells two running copies apart: `prod`, or `prod-eu-central-1` for a recovery copy beside the first. */
  readonly instance: string;
  /** Base of every regional name (cluster, load balancer, log groups, repository): `notejam-<instance>`. */
  readonly name: string;
  /** Base of every name that AWS keeps global (IAM, buckets, dashboards, budgets): `notejam-<environment>-<region>`. */
  readonly globalName: string;
  /** The platform's stack, and its workspace in Terraform Cloud. */
  readonly platformStack: string;
  /** The GitOps stack, and its workspace in Terraform Cloud. */
  readonly gitopsStack: string;
  /** The EKS cluster. */
  readonly clusterName: string;
  /** The application load balancer. */
  readonly loadBalancerName: string;
  /** The Aurora cluster. */
  readonly databaseClusterIdentifier: string;
  /** The secret with the application's database login, in Secrets Manager. */
  readonly databaseSecretName: string;
  /** What the names of the environment's own secrets start with. */
  readonly secretsPrefix: string;
  /** The secret with Grafana's first user. */
  readonly grafanaSecretName: string;
  /** The secret with the token by which alerts speak to Slack. */
  readonly slackSecretName: string;
  /** The ECR repository of the application's image. */
  readonly imageRepository: string;
  /** Bucket of the database dumps, without the account id that ends every bucket's name. */
  readonly backupBucketBase: string;
  /** The dumps' replica in the DR region, without the account id. */
  readonly backupReplicaBucketBase: string;
  /** Bucket of the load balancer's and the buckets' access logs, without the account id. */
  readonly accessLogsBucketBase: string;
  /** Bucket of the cluster's logs (Loki), without the account id. */
  readonly lokiBucketBase: string;
  /** Log group of the web ACL; AWS demands the prefix. */
  readonly webAclLogGroup: string;
}

/** A name that AWS would refuse for its length. */
export interface NameTooLong {
  /** What bears the name. */
  readonly of: string;
  /** The name with its longest suffix. */
  readonly name: string;
  /** Characters that AWS allows. */
  readonly limit: number;
}

/** What names are made of. */
export type NamedEnvironment = Pick<Environment, "name" | "region" | "recoveryOf">;

/** Stack and workspace of what an AWS account has once. */
export const BOOTSTRAP_STACK = "notejam-bootstrap";

// Stand-ins of the longest thing that may follow a base, to measure names before they exist.
const ACCOUNT_ID = "0".repeat(12);
const LONGEST_ROLE_SUFFIX = "x".repeat(31);

/** Names everything of an environment: the one place where names are made. */
export function namesOf({ name: environment, region, recoveryOf }: NamedEnvironment): Names {
  const instance = recoveryOf === undefined ? environment : `${environment}-${region}`;
  const name = `notejam-${instance}`;
  const globalName = `notejam-${environment}-${region}`;
  return {
    instance,
    name,
    globalName,
    platformStack: name,
    gitopsStack: `${name}-gitops`,
    clusterName: name,
    loadBalancerName: name,
    databaseClusterIdentifier: name,
    databaseSecretName: `notejam/${instance}/database`,
    secretsPrefix: `notejam/${instance}/`,
    grafanaSecretName: `notejam/${instance}/grafana`,
    slackSecretName: `notejam/${instance}/slack`,
    imageRepository: `${name}-ecr-registry`,
    backupBucketBase: `${globalName}-backup`,
    backupReplicaBucketBase: `${globalName}-backup-replica`,
    accessLogsBucketBase: `${globalName}-access-logs`,
    lokiBucketBase: `${globalName}-loki`,
    webAclLogGroup: `aws-waf-logs-${name}`,
  };
}

/** Names of the copy that a recovery copy replaces, whose replicas it is raised from; undefined for any other environment. */
export function namesOfSource({ name, recoveryOf }: NamedEnvironment): Names | undefined {
  return recoveryOf === undefined ? undefined : namesOf({ name, region: recoveryOf.region });
}

/** The names of an environment that are longer than AWS allows. */
export function namesTooLong(environment: NamedEnvironment): NameTooLong[] {
  const names = namesOf(environment);
  const measured: NameTooLong[] = [
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
    { of: "load balancer", name: names.loadBalancerName, limit: 32 },
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    { of: "bucket", name: `${names.backupReplicaBucketBase}-${ACCOUNT_ID}`, limit: 63 },
    { of: "bucket", name: `${names.accessLogsBucketBase}-${ACCOUNT_ID}`, limit: 63 },
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    { of: "IAM role", name: `${names.globalName}-${LONGEST_ROLE_SUFFIX}`, limit: 64 },
    // https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
    { of: "EKS cluster", name: names.clusterName, limit: 100 },
    // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html
    { of: "Aurora cluster", name: names.databaseClusterIdentifier, limit: 63 },
  ];
  return measured.filter(({ name, limit }) => name.length > limit);
}
