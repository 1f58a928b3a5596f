import { element } from "@notejam/constructs/core/terraform-functions";
import type { Environment } from "../config/environment.js";
import { scheduledReplicas } from "../config/events.js";
import { namesOf } from "../config/names.js";
import { tagsOf } from "../config/tags.js";
import { ZONE_COUNT } from "../config/zones.js";
import type { PlatformOutputs } from "./platform/outputs.js";

export interface ClusterVarsProps {
  readonly environment: Environment;
  readonly platform: PlatformOutputs;
  /** GitHub user or organization; may be a token. */
  readonly githubOwner: string;
}

/**
 * Returns the variables that Flux substitutes for `${…}` in the Flux tree: all differences between environments.
 *
 * Flux fails on a variable that is missing here; the manifest check fails on one that the tree does not use.
 */
export function clusterVars(props: ClusterVarsProps): Record<string, string> {
  return { ...platformVars(props.platform), ...environmentVars(props), ...imageVars(props.environment) };
}

function platformVars(platform: PlatformOutputs): Record<string, string> {
  return {
    ENVIRONMENT: platform.environment,
    AWS_REGION: platform.region,
    CLUSTER_NAME: platform.cluster_name,
    KUBERNETES_VERSION: platform.cluster_version,
    VPC_ID: platform.vpc_id,
    VPC_CIDR: platform.vpc_cidr,
    ...indexed("PUBLIC_SUBNET_CIDR", platform.public_subnet_cidrs),
    ...indexed("DATABASE_SUBNET_CIDR", platform.database_subnet_cidrs),
    HOST_NAME: platform.host_name,
    HOSTED_ZONE_NAME: platform.hosted_zone_name,
    HOSTED_ZONE_ID: platform.hosted_zone_id,
    CERTIFICATE_ARN: platform.certificate_arn,
    WEB_ACL_ARN: platform.web_acl_arn,
    ALB_SECURITY_GROUP_ID: platform.alb_security_group_id,
    ALB_TLS_POLICY: platform.alb_tls_policy,
    ACCESS_LOGS_BUCKET: platform.access_logs_bucket,
    ACCESS_LOGS_PREFIX: platform.access_logs_prefix,
    REPOSITORY_URL: platform.repository_url,
    DATABASE_NAME: platform.database_name,
    DATABASE_SECRET_NAME: platform.database_secret_name,
    DATABASE_ADMIN_SECRET_ARN: platform.database_admin_secret_arn,
    BACKUP_BUCKET: platform.backup_bucket,
    BACKUP_KEY_ARN: platform.backup_key_arn,
    RESTORE_BUCKET: platform.restore_bucket,
    LOKI_BUCKET: platform.loki_bucket,
    VOLUME_KEY_ARN: platform.volume_key_arn,
    ALERTS_TOPIC_ARN: platform.alerts_topic_arn,
    GRAFANA_SECRET_NAME: platform.grafana_secret_name,
    SLACK_SECRET_NAME: platform.slack_secret_name,
  };
}

function environmentVars({ environment, githubOwner }: ClusterVarsProps): Record<string, string> {
  const { replicas, timeZone } = environment.application;
  const [repository = ""] = environment.githubRepositories;
  return {
    INSTANCE: namesOf(environment).environmentId,
    // The AWS Load Balancer Controller removes tags that are not listed as external.
    TERRAFORM_TAG_KEYS: [...Object.keys(tagsOf(environment)), "Name"].join(","),
    APP_MIN_REPLICAS: String(replicas.min),
    APP_MAX_REPLICAS: String(replicas.max),
    APP_EVENT_MIN_REPLICAS: eventMinimumReplicas(environment),
    APP_TIMEZONE: timeZone,
    SERVICE_CIDR: environment.serviceCidr,
    LOG_RETENTION_DAYS: String(environment.logRetentionDays),
    RUNBOOK_URL: `https://github.com/${githubOwner}/${repository}/blob/main/docs/runbook/alarms`,
  };
}

/**
 * Returns the announced events as `name=from/to=pods`, with instants in UTC; `none` without an event, because
 * Kubernetes treats an empty value as missing.
 */
function eventMinimumReplicas(environment: Environment): string {
  const replicas = scheduledReplicas(environment).map(
    ({ name, from, to, pods }) => `${name}=${from.toISOString()}/${to.toISOString()}=${pods}`,
  );
  return replicas.length === 0 ? "none" : replicas.join(",");
}

/**
 * Returns the images that an environment runs: production follows release tags through a pull request, the others
 * follow every build of main. Flux extracts the groups in parentheses and orders them as versions.
 */
function imageVars({ production }: Environment): Record<string, string> {
  if (production) {
    return {
      IMAGE_TAG_PATTERN: "v(?P<version>[0-9]+[.][0-9]+[.][0-9]+)",
      IMAGE_TAG_EXTRACT: "$version",
      IMAGE_UPDATE_BRANCH: "image-updates",
    };
  }
  return {
    IMAGE_TAG_PATTERN: "[0-9-]+[.]main-[0-9a-f]{8}-(?P<run>[0-9]+)",
    IMAGE_TAG_EXTRACT: "0.0.$run",
    IMAGE_UPDATE_BRANCH: "main",
  };
}

/** Returns one variable per member: the length of a list in another state is unknown at synthesis. */
function indexed(name: string, list: readonly string[]): Record<string, string> {
  const members = Array.from({ length: ZONE_COUNT }, (_, index) => [
    `${name}_${index}`,
    element(list, index),
  ]);
  return Object.fromEntries(members);
}
