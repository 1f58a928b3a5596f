import { AccessLogs } from "@notejam/constructs/access-logs";
import { BackupStorage } from "@notejam/constructs/backup-storage";
import { backupReplicaBucketName } from "@notejam/constructs/backup-storage/names";
import { ReplicatedBackups } from "@notejam/constructs/backup-storage/replicated-backups";
import { keyAlias, replicaKeyAlias } from "@notejam/constructs/kms/names";
import { LogStorage } from "@notejam/constructs/log-storage";
import { Database } from "@notejam/constructs/rds/database";
import { namesOfPrimary } from "../../config/names.js";
import { BACKUP_PREFIXES } from "../../notejam/backup-names.js";
import { DATABASE_ADMIN } from "../../notejam/database.js";
import { DatabaseVariables } from "../input-variables.js";
import type { PlatformContext } from "./context.js";
import type { Network } from "./network.js";

export interface Data {
  readonly accessLogs: AccessLogs;
  readonly lokiBucket: LogStorage;
  readonly backups: BackupStorage;
  /** Backups replicated from the primary region (standby only). */
  readonly replicatedBackups: ReplicatedBackups | undefined;
  readonly database: Database;
  readonly databaseName: string;
}

/** Adds the buckets and the database. */
export function addData(context: PlatformContext, network: Network): Data {
  const { stack, account, environment, names, keys, replicaProvider } = context;
  const { globalName } = names;
  const { name: databaseName, ...appLogin } = new DatabaseVariables(stack);
  const accessLogs = new AccessLogs(stack, "access-logs", {
    name: globalName,
    account,
    expireDays: environment.logRetentionDays,
  });
  const lokiBucket = new LogStorage(stack, "log-storage", {
    globalName,
    account,
    kmsKeyArn: keys.s3.arn,
    expireDays: environment.logRetentionDays,
    accessLogs: accessLogs.forBucket("loki"),
  });
  const backups = new BackupStorage(stack, "backup-storage", {
    globalName,
    account,
    kmsKeyArn: keys.s3.arn,
    replica: { provider: replicaProvider, kmsKeyArn: keys.s3.replicaArn },
    ...environment.backups,
    prefixes: BACKUP_PREFIXES,
    accessLogs: accessLogs.forBucket("backup"),
  });
  const database = addDatabase(context, network, databaseName, appLogin);
  const replicatedBackups = addReplicatedBackups(context);
  return { accessLogs, lokiBucket, backups, replicatedBackups, database, databaseName };
}

function addDatabase(
  { stack, account, environment, names, keys, logs }: PlatformContext,
  { vpc, securityGroups }: Network,
  databaseName: string,
  appLogin: Omit<DatabaseVariables, "name">,
): Database {
  const { engineVersion, instanceClass, readers, backupRetentionDays } = environment.database;
  return new Database(stack, "rds", {
    name: names.databaseClusterIdentifier,
    globalName: names.globalName,
    account,
    databaseName,
    masterUsername: DATABASE_ADMIN,
    engineVersion,
    instanceClass,
    readerAutoscaling: readers,
    backupRetentionDays,
    deletionProtection: environment.database.deletionProtection,
    skipFinalSnapshot: !environment.database.finalSnapshot,
    subnetIds: vpc.databaseSubnetIds,
    securityGroupIds: [securityGroups.databaseSecurityGroupId],
    zones: vpc.zoneNames,
    kmsKeyArn: keys.rds.arn,
    secretsKey: keys.secrets,
    replicaRegion: environment.drRegion,
    secretName: names.databaseSecretName,
    secretRecoveryWindowDays: environment.keyDeletionWindowDays,
    appLogin,
    logs,
  });
}

/** A standby restores from the primary region's replica: it depends on nothing that exists only in that region. */
function addReplicatedBackups({
  stack,
  account,
  environment,
}: PlatformContext): ReplicatedBackups | undefined {
  const source = namesOfPrimary(environment);
  if (source === undefined) return undefined;
  return new ReplicatedBackups(stack, "received-dumps", {
    account,
    bucketName: backupReplicaBucketName(source.globalName, account.accountId),
    keyAlias: replicaKeyAlias(keyAlias("s3", source.environmentId)),
  });
}
