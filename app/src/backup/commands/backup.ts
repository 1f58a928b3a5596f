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
/** A backup whose name lies further ahead than others can have pushed it is none to follow, in milliseconds. */
const LEAST_DISTANCE = 60 * SECOND;

/** What a command about backups is run with. */
export interface BackupContext {
  readonly config: Config;
  /** Told results, line by line. */
  readonly say: (text: string) => void;
  /** Where progress and complaints go. */
  readonly stderr: ProgressOutput;
  /** Ends the work early; nothing half done is left. */
  readonly signal: AbortSignal;
  /** What makes the tables that are restored. @default those of this program */
  readonly migrations?: readonly Migration[];
}

/** The migrations by which tables are restored. */
export function migrationsOf({ migrations }: BackupContext): readonly Migration[] {
  return migrations ?? readMigrations(MIGRATIONS_FOLDER);
}

/**
 * Takes a backup: a dump, streamed to the bucket, and then the manifest by which it counts. Any number may run at once.
 *
 * @throws {BackupError} when it could not be taken; nothing of it counts then
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

/** Also a run that failed says how old the newest backup is: an alarm must not need a success. */
async function reportAges({ config, stderr }: BackupContext, bucket: BackupBucket, measured: Measurements) {
  if (!config.backup.metricsEnvironment) return;
  const complain = (text: string) => stderr.write(`${text}\n`);
  const ages = await bucket.list().then(agesOf, (error: BackupError) => {
    complain(error.message);
    return {};
  });
  await putMetrics(config.backup, { ...measured, ...ages }, complain);
}

async function takeBackup(context: BackupContext, bucket: BackupBucket): Promise<Manifest> {
  const { config, say, signal, stderr } = context;
  const start = performance.now();
  const server = serverOf(config);
  const tools = new ClientTools(config.backup.toolsFolder);
  const client = await tools.versionOf("pg_dump");
  // S3 is asked first: a bucket that cannot be reached is better known before the database is busy.
  const { backups } = await bucket.list();
  const startedAt = bucket.now;
  const snapshot = await takeSnapshot(server);
  try {
    refuseOlderClient(client, snapshot.serverVersion);
    const takenAt = notBefore(bucket.now, backups[0]?.takenAt);
    const id = newBackupId(takenAt);
    const { dump, tables } = await dumpAndSum(context, bucket, tools, snapshot, id);
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
 * A time in whole seconds for the snapshot. Not before it, although S3 tells whole seconds: who asks for a time gets nothing
 * younger. And after the backup that was there, also when that is hardly a second old.
 */
function notBefore(now: Date, newest: Date | undefined): Date {
  const time = Math.ceil(now.getTime() / SECOND + 1) * SECOND;
  const after = (newest?.getTime() ?? 0) + SECOND;
  return new Date(after - time < LEAST_DISTANCE ? Math.max(time, after) : time);
}

function refuseOlderClient(client: PostgresVersion, server: PostgresVersion): void {
  if (client.major >= server.major) return;
  throw new BackupError(
    `pg_dump ${client.text} is older than the server (PostgreSQL ${server.text}) and could leave out what it does not know: nothing was written. Use the client programs of PostgreSQL ${server.major}: the image whose tag ends in -tools, or PGBIN.`,
    { exitStatus: 2 },
  );
}

/** Makes the dump and the checksums side by side, both of the snapshot. */
async function dumpAndSum(
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
  const summing = sumUp(snapshot, stopped);
  try {
    const [stored, tables] = await Promise.all([uploading, summing]);
    const { key, versionId } = stored;
    const dump = { key, bytes: measured.bytes, sha256: measured.sha256, ...(versionId ? { versionId } : {}) };
    return { dump, tables };
  } catch (error) {
    stop.abort();
    // A failed upload first takes its parts away. The sums end with their session.
    summing.catch(() => {});
    await uploading.catch(() => {});
    throw error;
  } finally {
    progress.end();
  }
}

async function sumUp(snapshot: Snapshot, signal: AbortSignal): Promise<Record<string, TableContents>> {
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
