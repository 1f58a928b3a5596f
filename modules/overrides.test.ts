import type { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import type { TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import { synthesize } from "../test/synthesized-constructs.js";
import { AccessLogs } from "./access-logs/access-logs.js";
import { AuditTrail } from "./account/audit-trail.js";
import { ApplicationLoadBalancer } from "./alb/application-load-balancer.js";
import { BackupStorage } from "./backup-storage/backup-storage.js";
import { AwsAccount } from "./core/aws-account.js";
import { LogGroup } from "./core/log-group.js";
import { PrivateBucket } from "./core/private-bucket.js";
import { ContainerRegistry } from "./ecr/container-registry.js";
import { EksCluster } from "./eks/cluster.js";
import { NodeGroup } from "./eks/node-group.js";
import { OperationsRepository } from "./github/operations-repository.js";
import { EncryptionKey } from "./kms/encryption-key.js";
import { EncryptionKeys } from "./kms/encryption-keys.js";
import { LogStorage } from "./log-storage/log-storage.js";
import { Alerting } from "./observability/alerting.js";
import { ApplicationSecret } from "./rds/application-secret.js";
import { Database } from "./rds/database.js";
import { Secret } from "./secrets/secret.js";
import { TerraformCloudWorkspace } from "./terraform-cloud/workspace.js";
import { Vpc } from "./vpc/vpc.js";
import { WebAcl } from "./waf/web-acl.js";

const KEY = "arn:aws:kms:eu-west-1:123456789012:key/1";
const LOGS = { retentionDays: 30, kmsKeyArn: KEY };
const ACCESS_LOGS = { bucketName: "logs", prefix: "s3/" };
const BUCKET = { forceDestroy: true };
const LOGIN = { userName: "app", password: "${var.password}", version: 1 };
const KEYS = { arn: KEY, replicaArn: KEY };

interface Given {
  readonly scope: TerraformStack;
  readonly account: AwsAccount;
  readonly replica: AwsProvider;
}

/** Construct, resource type, argument in the JSON, its overridden value, construction with the override. */
type Case = readonly [string, string, string, unknown, (given: Given) => unknown];

const cases: readonly Case[] = [
  [
    "AccessLogs",
    "aws_s3_bucket",
    "force_destroy",
    true,
    ({ scope, account }) =>
      new AccessLogs(scope, "x", { name: "shop", account, expireDays: 1, overrides: BUCKET }),
  ],
  [
    "AuditTrail",
    "aws_s3_bucket",
    "force_destroy",
    true,
    ({ scope, account }) =>
      new AuditTrail(scope, "x", { name: "shop", account, retentionDays: 365, overrides: BUCKET }),
  ],
  [
    "BackupStorage",
    "aws_s3_bucket",
    "force_destroy",
    true,
    ({ scope, account, replica }) =>
      new BackupStorage(scope, "x", {
        globalName: "shop",
        account,
        kmsKeyArn: KEY,
        replica: { provider: replica, kmsKeyArn: KEY },
        retentionDays: 30,
        objectLockMode: "GOVERNANCE",
        accessLogs: ACCESS_LOGS,
        prefixes: [],
        overrides: BUCKET,
      }),
  ],
  [
    "LogStorage",
    "aws_s3_bucket",
    "force_destroy",
    true,
    ({ scope, account }) =>
      new LogStorage(scope, "x", {
        globalName: "shop",
        account,
        kmsKeyArn: KEY,
        expireDays: 1,
        accessLogs: ACCESS_LOGS,
        overrides: BUCKET,
      }),
  ],
  [
    "PrivateBucket",
    "aws_s3_bucket",
    "bucket",
    "other",
    ({ scope }) =>
      new PrivateBucket(scope, "x", {
        name: "shop",
        partition: "aws",
        encryption: { kmsKeyArn: KEY },
        lifecycleRules: [],
        overrides: { bucket: "other" },
      }),
  ],
  [
    "LogGroup",
    "aws_cloudwatch_log_group",
    "log_group_class",
    "INFREQUENT_ACCESS",
    ({ scope }) =>
      new LogGroup(scope, "x", { name: "shop", ...LOGS, overrides: { logGroupClass: "INFREQUENT_ACCESS" } }),
  ],
  [
    "ApplicationLoadBalancer",
    "aws_lb",
    "enable_http2",
    false,
    ({ scope }) =>
      new ApplicationLoadBalancer(scope, "x", {
        name: "shop",
        publicSubnetIds: ["a"],
        securityGroupIds: ["b"],
        clusterName: "shop",
        certificateArn: "c",
        accessLogs: ACCESS_LOGS,
        deletionProtection: true,
        overrides: { enableHttp2: false },
      }),
  ],
  [
    "ContainerRegistry",
    "aws_ecr_repository",
    "image_tag_mutability",
    "MUTABLE",
    ({ scope, replica }) =>
      new ContainerRegistry(scope, "x", {
        name: "shop",
        kmsKeyArn: KEY,
        replica: { provider: replica, kmsKeyArn: KEY },
        overrides: { imageTagMutability: "MUTABLE" },
      }),
  ],
  [
    "EksCluster",
    "aws_eks_cluster",
    "deletion_protection",
    true,
    ({ scope, account }) =>
      new EksCluster(scope, "x", {
        name: "shop",
        globalName: "shop",
        account,
        version: "1.35",
        subnetIds: ["a", "b"],
        secretsKeyArn: KEY,
        logs: LOGS,
        endpoint: { publicAccessCidrs: [] },
        serviceCidr: "172.20.0.0/16",
        admins: [],
        viewers: [],
        overrides: { deletionProtection: true },
      }),
  ],
  [
    "NodeGroup",
    "aws_eks_node_group",
    "capacity_type",
    "SPOT",
    ({ scope }) =>
      new NodeGroup(scope, "x", {
        name: "apps",
        clusterName: "shop",
        globalName: "shop",
        version: "1.35",
        nodeRoleArn: "a",
        subnetIds: ["b"],
        securityGroupIds: ["c"],
        volumeKeyArn: KEY,
        instanceTypes: ["m7i.large"],
        minSize: 1,
        desiredSize: 1,
        maxSize: 2,
        tags: {},
        overrides: { capacityType: "SPOT" },
      }),
  ],
  [
    "OperationsRepository",
    "github_repository",
    "visibility",
    "internal",
    ({ scope }) =>
      new OperationsRepository(scope, "x", {
        name: "shop",
        environment: "dev",
        files: [],
        unmanagedFiles: [],
        imageUpdates: "push",
        archiveOnDestroy: true,
        overrides: { visibility: "internal" },
      }),
  ],
  [
    "EncryptionKey",
    "aws_kms_key",
    "is_enabled",
    false,
    ({ scope }) =>
      new EncryptionKey(scope, "x", {
        alias: "alias/shop",
        description: "Shop",
        policy: [],
        deletionWindowDays: 30,
        rotationDays: 365,
        multiRegion: false,
        overrides: { isEnabled: false },
      }),
  ],
  [
    "EncryptionKeys",
    "aws_kms_key",
    "is_enabled",
    false,
    ({ scope, account, replica }) =>
      new EncryptionKeys(scope, "x", {
        name: "shop",
        account,
        deletionWindowDays: 30,
        replicaProvider: replica,
        overrides: { ebs: { isEnabled: false } },
      }),
  ],
  [
    "Alerting",
    "aws_sns_topic",
    "display_name",
    "Shop",
    ({ scope, account }) =>
      new Alerting(scope, "x", {
        name: "shop",
        account,
        kmsKeyArn: KEY,
        emails: [],
        overrides: { displayName: "Shop" },
      }),
  ],
  [
    "ApplicationSecret",
    "aws_secretsmanager_secret",
    "description",
    "Login",
    ({ scope }) =>
      new ApplicationSecret(scope, "x", {
        name: "shop",
        login: LOGIN,
        address: { writer: "w", reader: "r", port: 5432, databaseName: "shop" },
        rewriteOnChangeOf: [],
        kmsKeyArn: KEY,
        replica: { region: "eu-central-1", kmsKeyArn: KEY },
        recoveryWindowDays: 30,
        overrides: { description: "Login" },
      }),
  ],
  [
    "Secret",
    "aws_secretsmanager_secret",
    "force_overwrite_replica_secret",
    true,
    ({ scope }) =>
      new Secret(scope, "x", {
        name: "shop",
        description: "Shop",
        kmsKeyArn: KEY,
        recoveryWindowDays: 30,
        initialValue: {},
        overrides: { forceOverwriteReplicaSecret: true },
      }),
  ],
  [
    "TerraformCloudWorkspace",
    "tfe_workspace",
    "tag_names",
    ["shop"],
    ({ scope }) =>
      new TerraformCloudWorkspace(scope, "x", {
        name: "shop",
        description: "Shop",
        organization: "example",
        projectId: "prj-1",
        terraformVersion: "1.11.4",
        destroyable: false,
        planRoleArn: "p",
        applyRoleArn: "a",
        variables: [],
        overrides: { tagNames: ["shop"] },
      }),
  ],
  [
    "Vpc",
    "aws_vpc",
    "instance_tenancy",
    "dedicated",
    ({ scope, account }) =>
      new Vpc(scope, "x", {
        name: "shop",
        globalName: "shop",
        account,
        cidr: "10.20.0.0/16",
        zoneCount: 2,
        natGateways: "single",
        clusterName: "shop",
        flowLogs: LOGS,
        interfaceEndpoints: false,
        overrides: { instanceTenancy: "dedicated" },
      }),
  ],
  [
    "WebAcl",
    "aws_wafv2_web_acl",
    "token_domains",
    ["example.org"],
    ({ scope, account }) =>
      new WebAcl(scope, "x", {
        name: "shop",
        account,
        albArn: "a",
        allowedAddresses: { ipv4: [], ipv6: [] },
        blockedAddresses: { ipv4: [], ipv6: [] },
        rules: [],
        logs: LOGS,
        overrides: { tokenDomains: ["example.org"] },
      }),
  ],
  ...(["overrides", "instanceOverrides"] as const).map(
    (prop): Case => [
      `Database (${prop})`,
      prop === "overrides" ? "aws_rds_cluster" : "aws_rds_cluster_instance",
      prop === "overrides" ? "network_type" : "ca_cert_identifier",
      prop === "overrides" ? "DUAL" : "rds-ca-ecc384-g1",
      ({ scope, account }) =>
        new Database(scope, "x", {
          name: "shop",
          globalName: "shop",
          account,
          databaseName: "shop",
          masterUsername: "root_user",
          engineVersion: "17.9",
          instanceClass: "db.r7g.large",
          subnetIds: ["a", "b"],
          securityGroupIds: ["c"],
          zones: ["eu-west-1a", "eu-west-1b"],
          kmsKeyArn: KEY,
          secretsKey: KEYS,
          replicaRegion: "eu-central-1",
          secretName: "shop",
          appLogin: LOGIN,
          deletionProtection: true,
          skipFinalSnapshot: false,
          logs: LOGS,
          readerAutoscaling: { min: 1, max: 2 },
          [prop]: prop === "overrides" ? { networkType: "DUAL" } : { caCertIdentifier: "rds-ca-ecc384-g1" },
        }),
    ],
  ),
];

describe("overrides", () => {
  it.each(cases)("of %s replace arguments of %s", (_construct, type, argument, value, build) => {
    const stack = synthesize((scope, { replica }) => {
      build({ scope, account: new AwsAccount(scope, "account", { region: "eu-west-1" }), replica });
    });
    const values = stack.resources(type).map((resource) => resource[argument]);
    expect(values).toContainEqual(value);
  });
});
