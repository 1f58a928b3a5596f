import { TerraformVariable } from "cdktf";
import { describe, expect, it } from "vitest";
import { statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../core/aws-account.js";
import { Database, type DatabaseProps } from "./database.js";

const KEYS = "arn:aws:kms:eu-west-1:123456789012:key/";

const databaseWith = (changes: Partial<DatabaseProps> = {}) =>
  synthesize((scope) => {
    const user = new TerraformVariable(scope, "db_user", { type: "string", sensitive: true });
    const password = new TerraformVariable(scope, "db_pass", { type: "string", sensitive: true });
    new Database(scope, "database", {
      name: "notejam-prod",
      globalName: "notejam-prod-eu-west-1",
      account: new AwsAccount(scope, "account", { region: "eu-west-1" }),
      databaseName: "notejam",
      masterUsername: "notejam_admin",
      engineVersion: "17.9",
      instanceClass: "db.r7g.large",
      subnetIds: ["subnet-1", "subnet-2", "subnet-3"],
      securityGroupIds: ["sg-1"],
      zones: ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
      kmsKeyArn: `${KEYS}rds`,
      secretsKey: { arn: `${KEYS}secrets`, replicaArn: "arn:aws:kms:eu-central-1:123456789012:key/secrets" },
      replicaRegion: "eu-central-1",
      secretName: "notejam/prod/database",
      appLogin: { userName: user.stringValue, password: password.stringValue, version: 3 },
      deletionProtection: true,
      skipFinalSnapshot: false,
      logs: { retentionDays: 365, kmsKeyArn: `${KEYS}logs` },
      readerAutoscaling: { min: 1, max: 4 },
      ...changes,
    });
  });

describe("Database", () => {
  const stack = databaseWith();
  const cluster = stack.one("aws_rds_cluster");
  const instances = stack.resources("aws_rds_cluster_instance");
  const text = JSON.stringify(stack.json);

  it("has two instances in different zones, which are promoted first", () => {
    expect(instances.map(({ availability_zone }) => availability_zone)).toEqual(["eu-west-1a", "eu-west-1b"]);
    expect(instances.map(({ promotion_tier }) => promotion_tier)).toEqual([0, 1]);
  });

  it("encrypts storage, snapshots and Performance Insights with the given key", () => {
    expect(cluster).toMatchObject({ storage_encrypted: true, kms_key_id: `${KEYS}rds` });
    for (const instance of instances) {
      expect(instance).toMatchObject({
        performance_insights_enabled: true,
        performance_insights_kms_key_id: `${KEYS}rds`,
      });
    }
  });

  it("has point-in-time recovery for 35 days by default", () => {
    expect(cluster).toMatchObject({ backup_retention_period: 35, copy_tags_to_snapshot: true });
    expect(databaseWith({ backupRetentionDays: 7 }).one("aws_rds_cluster")).toMatchObject({
      backup_retention_period: 7,
    });
  });

  it("has deletion protection and a final snapshot", () => {
    expect(cluster).toMatchObject({
      deletion_protection: true,
      skip_final_snapshot: false,
      final_snapshot_identifier: "notejam-prod-final",
    });
    expect(databaseWith({ skipFinalSnapshot: true }).one("aws_rds_cluster")).not.toHaveProperty(
      "final_snapshot_identifier",
    );
  });

  it("requires TLS, and logs slow statements, lock waits and DDL", () => {
    expect(stack.one("aws_rds_cluster_parameter_group")).toMatchObject({
      family: "aurora-postgresql17",
      parameter: expect.arrayContaining([
        { name: "rds.force_ssl", value: "1" },
        { name: "log_min_duration_statement", value: "1000" },
        { name: "log_statement", value: "ddl" },
      ]),
    });
    expect(stack.one("aws_db_parameter_group")).toMatchObject({
      family: "aurora-postgresql17",
      parameter: [{ name: "log_lock_waits", value: "1" }],
    });
  });

  it("is not publicly accessible", () => {
    expect(instances.every((instance) => instance.publicly_accessible === false)).toBe(true);
    expect(cluster.vpc_security_group_ids).toEqual(["sg-1"]);
    expect(stack.one("aws_db_subnet_group").subnet_ids).toEqual(["subnet-1", "subnet-2", "subnet-3"]);
  });

  it("has no extended support and no automatic minor upgrades", () => {
    expect(cluster).toMatchObject({
      engine: "aurora-postgresql",
      engine_version: "17.9",
      engine_lifecycle_support: "open-source-rds-extended-support-disabled",
    });
    expect(instances.every((instance) => instance.auto_minor_version_upgrade === false)).toBe(true);
  });

  it("logs to a group that exists before the cluster, with retention and key", () => {
    const group = stack.one("aws_cloudwatch_log_group");
    expect(group).toMatchObject({
      name: "/aws/rds/cluster/notejam-prod/postgresql",
      retention_in_days: 365,
      kms_key_id: `${KEYS}logs`,
    });
    expect(cluster.enabled_cloudwatch_logs_exports).toEqual(["postgresql"]);
    expect(cluster.depends_on).toContain(`aws_cloudwatch_log_group.${group.id}`);
  });

  it("has Enhanced Monitoring every 10 seconds, by a role for this account only", () => {
    const role = stack.one("aws_iam_role");
    expect(role.name).toBe("notejam-prod-eu-west-1-rds-monitoring");
    expect(instances[0]).toMatchObject({
      monitoring_interval: 10,
      monitoring_role_arn: `\${aws_iam_role.${role.id}.arn}`,
    });
    const [trust] = statementsOf(role.assume_role_policy);
    expect(trust?.Principal).toEqual({ Service: ["monitoring.rds.amazonaws.com"] });
    expect(trust?.Condition?.StringEquals?.["aws:SourceAccount"]).toMatch(/account_id/);
    expect(databaseWith({ monitoringIntervalSeconds: 0 }).count("aws_iam_role")).toBe(0);
  });

  it("scales readers by CPU", () => {
    expect(stack.one("aws_appautoscaling_target")).toMatchObject({
      scalable_dimension: "rds:cluster:ReadReplicaCount",
      min_capacity: 1,
      max_capacity: 4,
      depends_on: instances.map(({ id }) => `aws_rds_cluster_instance.${id}`),
    });
    expect(stack.one("aws_appautoscaling_policy").target_tracking_scaling_policy_configuration).toMatchObject(
      {
        predefined_metric_specification: { predefined_metric_type: "RDSReaderAverageCPUUtilization" },
        target_value: 60,
      },
    );
  });

  it("configures max_connections on request", () => {
    expect(databaseWith({ maxConnections: 500 }).one("aws_db_parameter_group").parameter).toContainEqual({
      name: "max_connections",
      value: "500",
      apply_method: "pending-reboot",
    });
  });

  it("stores no password: RDS manages the master user's, and the application's is a write-only argument", () => {
    expect(cluster).toMatchObject({
      manage_master_user_password: true,
      master_user_secret_kms_key_id: `${KEYS}secrets`,
      master_username: "notejam_admin",
    });
    expect(cluster).not.toHaveProperty("master_password");
    const value = stack.one("aws_secretsmanager_secret_version");
    expect(value).not.toHaveProperty("secret_string");
    expect(text.split("var.db_pass")).toHaveLength(2);
    expect(value.secret_string_wo).toContain("var.db_pass");
  });

  it("stores all connection parameters in one secret, encoded by Terraform", () => {
    const value = String(stack.one("aws_secretsmanager_secret_version").secret_string_wo);
    expect(value).toMatch(/^\$\{jsonencode\(/);
    expect([...value.matchAll(/"(POSTGRES_[A-Z_]+)"/g)].map(([, key]) => key)).toEqual([
      "POSTGRES_USER",
      "POSTGRES_PASS",
      "POSTGRES_DB",
      "POSTGRES_URL",
      "POSTGRES_READER_URL",
      "POSTGRES_PORT",
    ]);
    expect(value).toMatch(/"POSTGRES_URL" = aws_rds_cluster\.\w+\.endpoint\b/);
    expect(value).toMatch(/"POSTGRES_READER_URL" = aws_rds_cluster\.\w+\.reader_endpoint\b/);
  });

  it("writes the secret again if the login's version or an endpoint changes", () => {
    expect(stack.one("aws_secretsmanager_secret_version")).toMatchObject({
      secret_string_wo_version: 3,
      lifecycle: {
        replace_triggered_by: [
          `aws_rds_cluster.${cluster.id}.endpoint`,
          `aws_rds_cluster.${cluster.id}.reader_endpoint`,
        ],
      },
    });
  });

  it("replicates the secret to the DR region, with the key there", () => {
    expect(stack.one("aws_secretsmanager_secret")).toMatchObject({
      name: "notejam/prod/database",
      kms_key_id: `${KEYS}secrets`,
      recovery_window_in_days: 30,
      replica: [{ region: "eu-central-1", kms_key_id: "arn:aws:kms:eu-central-1:123456789012:key/secrets" }],
    });
  });

  it("does not replace a database that was restored from a snapshot", () => {
    expect(cluster.lifecycle).toEqual({
      ignore_changes: ["snapshot_identifier", "global_cluster_identifier"],
    });
  });

  it("lists all invalid properties at once", () => {
    const wrong = () =>
      databaseWith({
        name: "Notejam--prod",
        engineVersion: "17",
        zones: ["eu-west-1a", "eu-west-1a"],
        subnetIds: ["subnet-1"],
        backupRetentionDays: 36,
        monitoringIntervalSeconds: 7,
        secretRecoveryWindowDays: 3,
        readerAutoscaling: { min: 2, max: 1 },
      });
    for (const prop of [
      "name is",
      "engineVersion",
      "zones",
      "subnetIds",
      "backupRetentionDays",
      "monitoringIntervalSeconds",
      "secretRecoveryWindowDays",
      "readerAutoscaling",
    ]) {
      expect(wrong).toThrow(new RegExp(`database: ${prop}`));
    }
  });
});
