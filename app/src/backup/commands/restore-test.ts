import pg from "pg";
import { restoreTestDatabaseOf } from "../../database/application-login.js";
import { BackupBucket, type Listing } from "../backup-bucket.js";
import { BackupError } from "../backup-error.js";
import { newestComplete } from "../backup-list.js";
import type { Manifest } from "../backup-manifest.js";
import { agesOf, putMetrics } from "../backup-metrics.js";
import { chooseBackup } from "../choose-backup.js";
import { ClientTools } from "../client-tools.js";
import { openTarget } from "../database-target.js";
import { explainDatabase, restoreStaged } from "../load-dump.js";
import { closeSession, serverOf } from "../postgres-session.js";
import { Progress } from "../progress.js";
import { tablesOf } from "../table-contents.js";
import { type BackupContext, migrationsOf } from "./backup.js";

/** Result of a successful restore test. */
export interface RestoreTestReport {
  readonly format: "notejam-restore-test/1";
  readonly id: string;
  readonly verifiedAt: string;
  /** Rows that were restored and found to be those of the manifest. */
  readonly rows: number;
  readonly schemaVersion: number;
  /** Schema version that the restored tables were brought to. */
  readonly migratedTo: number;
  readonly durationMs: number;
}

/**
 * Restores the newest backup into the scratch database, compares it with its manifest, migrates it, and takes it all
 * back: the scratch database is empty before, afterwards, and whenever a restore test is killed.
 *
 * @throws {BackupError} when the newest backup could not be proven
 */
export async function restoreTest(context: BackupContext): Promise<RestoreTestReport> {
  const { config, say, stderr } = context;
  const bucket = new BackupBucket(config.backup);
  const warn = (text: string) => stderr.write(`${text}\n`);
  let listing: Listing | undefined;
  try {
    listing = await bucket.list();
    const report = await restoreAndCompare(context, bucket, listing);
    await bucket.putRestoreTest(report.id, report);
    listing = await bucket.list();
    await putMetrics(config.backup, { RestoreTestSucceeded: 1, ...agesFrom(listing) }, warn);
    say(
      `Verified: ${report.id} was restored with all ${report.rows} rows in ${(report.durationMs / 1000).toFixed(1)} s.`,
    );
    return report;
  } catch (error) {
    await putMetrics(config.backup, { RestoreTestSucceeded: 0, ...(listing ? agesFrom(listing) : {}) }, warn);
    throw error;
  } finally {
    bucket.close();
  }
}

/** Omits the age of the newest backup, which only the backup job reports. */
function agesFrom(listing: Listing) {
  const { VerifiedBackupAge } = agesOf(listing);
  return VerifiedBackupAge === undefined ? {} : { VerifiedBackupAge };
}

async function restoreAndCompare(
  context: BackupContext,
  bucket: BackupBucket,
  listing: Listing,
): Promise<RestoreTestReport> {
  const { config, signal, stderr } = context;
  const start = performance.now();
  const { id } = newestComplete(listing.backups) ?? chooseBackup(listing, {});
  const manifest = await bucket.manifestOf(id);
  const tools = new ClientTools(config.backup.toolsFolder);
  await tools.requireRestoreFor(manifest);
  const migrations = migrationsOf(context);
  const home = serverOf(config);
  const scratch = { ...home, database: restoreTestDatabaseOf(home.database) };
  const { session } = await openTarget(scratch, home);
  const stop = () => void closeSession(session);
  signal.addEventListener("abort", stop);
  try {
    signal.throwIfAborted();
    await emptyScratch(session);
    await session.query("begin");
    const { rows } = await restoreStaged(session, migrations, {
      bucket,
      tools,
      manifest,
      progress: new Progress(stderr),
    });
    await session.query("rollback");
    return reportOf(manifest, bucket.now, rows, migrations.length, performance.now() - start);
  } catch (error) {
    signal.throwIfAborted();
    throw explainDatabase(error, `The backup ${id} could not be restored into ${scratch.database}`);
  } finally {
    signal.removeEventListener("abort", stop);
    await closeSession(session);
  }
}

function reportOf(
  manifest: Manifest,
  now: Date,
  rows: number,
  migratedTo: number,
  durationMs: number,
): RestoreTestReport {
  return {
    format: "notejam-restore-test/1",
    id: manifest.id,
    verifiedAt: now.toISOString(),
    rows,
    schemaVersion: manifest.schemaVersion,
    migratedTo,
    durationMs: Math.round(durationMs),
  };
}

/** Drops all tables, such as those of a manual restore. */
async function emptyScratch(session: pg.Client): Promise<void> {
  const result = await session.query("select current_database() as name");
  // Verified again before anything is dropped.
  if (!String(result.rows[0]?.name).endsWith("_restore_test"))
    throw new BackupError("This is not a scratch database.");
  for (const table of await tablesOf(session, "public")) {
    await session.query(`drop table if exists public.${pg.escapeIdentifier(table)} cascade`);
  }
}
