import type { Config } from "../../config.js";
import { type Migration, readMigrations } from "../../database/migrator.js";
import { MIGRATIONS_FOLDER } from "../../folders.js";
import { BackupBucket, partSizeFor } from "../backup-bucket.js";
import { BackupError } from "../backup-error.js";
import type { Manifest, TableContents } from "../backup-manifest.js";
import { agesOf, type Measurements, putMetrics } from "../backup-metrics.js";
import { newBackupId } from "../backup-names.js";
import { ClientTools, type PostgresVersion } from "../client-tools.js";
import { explainDatabase } from "../load-dump.js";
import { MeasuredStream } from "../measured-stream.js";
import { serverOf } from "../postgres-session.js";
import { Progress, type ProgressOutput } from "../progress.js";
import { type Snapshot, takeSnapshot } from "../snapshot.js";
import { contentsOf, TABLES_WITHOUT_ROWS } from "../table-contents.js";

const SECOND = 1000;
/**
 * Maximum time by which an existing backup may be ahead, in milliseconds. More is not caused by concurrent backups.
 */
const MAX_CLOCK_DISTANCE = 60 * SECOND;

/** Context of a backup command. */
export interface BackupContext {
  readonly config: Config;
  /** Prints a line of the result. */
  readonly say: (text: string) => void;
  /** Output for progress and warnings. */
  readonly stderr: ProgressOutput;
  /** Aborts the command. Partial results are removed. */
  readonly signal: AbortSignal;
  /** Migrations that create the restored tables. @default the migrations of this program */
  readonly migrations?: readonly Migration[];
}

/** The migrations that create the restored tables. */
export function migrationsOf({ migrations }: BackupContext): readonly Migration[] {
  return migrations ?? readMigrations(MIGRATIONS_FOLDER);
}

/**
 * Takes a backup: streams a dump to the bucket, then writes its manifest. Several backups may run at once.
 *
 * @throws {BackupError} if it failed; the backup is then incomplete and ignored
 */
export async function backup(context: BackupContext): Promise<Manifest> {
  const { config } = context;
  const bucket = new BackupBucket(config.backup);
  let measured: Measurements = {};
  try {
    const manifest = await takeBackup(context, bucket);
    measured = { BackupSucceeded: 1, DumpBytes: manifest.dump.bytes };
    return manifest;
  } finally {
    await reportAges(context, bucket, measured);
    bucket.close();
  }
}

/** Sends the age of the newest backup also after a failure, so that the alarm does not depend on a success. */
async function reportAges({ config, stderr }: BackupContext, bucket: BackupBucket, measured: Measurements) {
  if (!config.backup.metricsEnvironment) return;
  const warn = (text: string) => stderr.write(`${text}\n`);
  const ages = await bucket.list().then(agesOf, (error: BackupError) => {
    warn(error.message);
    return {};
  });
  await putMetrics(config.backup, { ...measured, ...ages }, warn);
}

async function takeBackup(context: BackupContext, bucket: BackupBucket): Promise<Manifest> {
  const { config, say, signal, stderr } = context;
  const start = performance.now();
  const server = serverOf(config);
  const tools = new ClientTools(config.backup.toolsFolder);
  const client = await tools.versionOf("pg_dump");
  // S3 first: an unreachable bucket should be reported before the database is loaded.
  const { backups } = await bucket.list();
  const startedAt = bucket.now;
  const snapshot = await takeSnapshot(server);
  try {
    validateClientVersion(client, snapshot.serverVersion);
    const takenAt = snapshotTime(bucket.now, backups[0]?.takenAt);
    const id = newBackupId(takenAt);
    const { dump, tables } = await dumpWithChecksums(context, bucket, tools, snapshot, id);
    const manifest: Manifest = {
      format: "notejam-backup/1",
      id,
      takenAt: takenAt.toISOString(),
      schemaVersion: snapshot.schemaVersion,
      serverVersion: snapshot.serverVersion.text,
      clientVersion: client.text,
      dump,
      tables,
      withoutRows: [...TABLES_WITHOUT_ROWS],
      startedAt: startedAt.toISOString(),
      finishedAt: bucket.now.toISOString(),
      durationMs: Math.round(performance.now() - start),
    };
    signal.throwIfAborted();
    await bucket.putManifest(manifest);
    say(describe(manifest, bucket));
    return manifest;
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof BackupError ? error : explainDatabase(error, "The backup could not be taken");
  } finally {
    new Progress(stderr).end();
    await snapshot.end();
  }
}

/**
 * Returns the time of the snapshot in whole seconds. It is not before the snapshot, although S3 returns whole seconds,
 * so that a restore to a point in time never contains later changes. It is after the previous backup, even if that is
 * less than a second old.
 */
function snapshotTime(now: Date, newest: Date | undefined): Date {
  const time = Math.ceil(now.getTime() / SECOND + 1) * SECOND;
  const after = (newest?.getTime() ?? 0) + SECOND;
  return new Date(after - time < MAX_CLOCK_DISTANCE ? Math.max(time, after) : time);
}

function validateClientVersion(client: PostgresVersion, server: PostgresVersion): void {
  if (client.major >= server.major) return;
  throw new BackupError(
    `pg_dump ${client.text} is older than the server (PostgreSQL ${server.text}) and could omit objects. Nothing was written. Use the client programs of PostgreSQL ${server.major}: the image whose tag ends in -tools, or PGBIN.`,
    { exitStatus: 2 },
  );
}

/** Creates the dump and the checksums concurrently from the same snapshot. */
async function dumpWithChecksums(
  { config, signal, stderr }: BackupContext,
  bucket: BackupBucket,
  tools: ClientTools,
  snapshot: Snapshot,
  id: string,
): Promise<Pick<Manifest, "dump" | "tables">> {
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  const progress = new Progress(stderr);
  progress.step(`Writing ${id} to s3://${bucket.name}`);
  const source = tools.dump(
    serverOf(config),
    { snapshot: snapshot.name, withoutRows: TABLES_WITHOUT_ROWS, withoutSchemas: snapshot.otherSchemas },
    stopped,
  );
  const measured = new MeasuredStream(source, (bytes) => progress.bytes("Writing", bytes));
  const uploading = bucket.putDump(id, measured.read(), partSizeFor(snapshot.databaseBytes));
  const summing = checksumTables(snapshot, stopped);
  try {
    const [stored, tables] = await Promise.all([uploading, summing]);
    const { key, versionId } = stored;
    const dump = { key, bytes: measured.bytes, sha256: measured.sha256, ...(versionId ? { versionId } : {}) };
    return { dump, tables };
  } catch (error) {
    stop.abort();
    // Waits until a failed upload has removed its parts. The checksums end with their session.
    summing.catch(() => {});
    await uploading.catch(() => {});
    throw error;
  } finally {
    progress.end();
  }
}

async function checksumTables(
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<Record<string, TableContents>> {
  const tables: Record<string, TableContents> = {};
  for (const table of snapshot.tables) {
    signal.throwIfAborted();
    tables[table] = await contentsOf(snapshot.session, "public", table);
  }
  return tables;
}

function describe({ id, dump, durationMs, tables, schemaVersion }: Manifest, bucket: BackupBucket): string {
  const rows = Object.values(tables).reduce((sum, table) => sum + table.rows, 0);
  const seconds = durationMs / 1000;
  const megabytes = dump.bytes / 1e6;
  return `Backup ${id}: ${rows} rows of schema version ${schemaVersion}, ${megabytes.toFixed(1)} MB in ${seconds.toFixed(1)} s (${(megabytes / seconds).toFixed(1)} MB/s), ${bucket.addressOf(dump.key)}`;
}
