import { BackupBucket } from "../backup-bucket.js";
import { BackupError } from "../backup-error.js";
import { replacedSchemaOf } from "../backup-names.js";
import { type Choice, chooseBackup } from "../choose-backup.js";
import { ClientTools } from "../client-tools.js";
import { dropEmptyDatabase, openTarget, targetOf } from "../database-target.js";
import { explainDatabase, type LoadOptions, restoreStaged } from "../load-dump.js";
import { closeSession, commit, serverOf } from "../postgres-session.js";
import { Progress } from "../progress.js";
import { swapSchema, tablesWithRows, validateEmpty } from "../swap-schema.js";
import { type BackupContext, migrationsOf } from "./backup.js";

/** Options of `notejam restore`. */
export interface RestoreOptions extends Choice {
  /** Name of a database on the configured server, or a database URL. */
  readonly into: string;
  /** Allow to replace existing tables, which are kept in another schema. Both options are required. */
  readonly replace: boolean;
  readonly yesReplace: boolean;
}

/** Result of a restore. */
export interface RestoreResult {
  readonly id: string;
  readonly rows: number;
  /** Schema that keeps the replaced tables, or undefined if there were none with rows. */
  readonly replaced: string | undefined;
}

/**
 * Restores a backup into a database in one transaction: completely, compared with its manifest and migrated, or not at
 * all.
 *
 * @throws {BackupError} if it failed; the database was not changed
 */
export async function restore(context: BackupContext, options: RestoreOptions): Promise<RestoreResult> {
  const { config, say, stderr } = context;
  const replace = confirmed(options);
  const bucket = new BackupBucket(config.backup);
  try {
    const { id } = chooseBackup(await bucket.list(), options);
    const manifest = await bucket.manifestOf(id);
    const tools = new ClientTools(config.backup.toolsFolder);
    await tools.requireRestoreFor(manifest);
    const load: LoadOptions = { bucket, tools, manifest, progress: new Progress(stderr) };
    const result = await restoreInto(context, options.into, load, replace);
    say(
      `Restored ${id} into ${targetOf(options.into, serverOf(config)).database}: ${result.rows} rows, matching the manifest.`,
    );
    if (result.replaced) {
      say(
        `The replaced tables are in the schema ${result.replaced}. To delete them, run: drop schema ${result.replaced} cascade;`,
      );
    }
    return result;
  } finally {
    bucket.close();
  }
}

function confirmed({ replace, yesReplace }: RestoreOptions): boolean {
  if (replace === yesReplace) return replace;
  throw new BackupError(
    "--replace moves the existing tables to another schema and must be confirmed. Use both --replace and --yes-replace.",
    { exitStatus: 2 },
  );
}

async function restoreInto(
  context: BackupContext,
  into: string,
  load: LoadOptions,
  replace: boolean,
): Promise<RestoreResult> {
  const { config, signal } = context;
  const home = serverOf(config);
  const target = targetOf(into, home);
  const { session, isNew } = await openTarget(target, home);
  // Closing the session rolls the transaction back.
  const stop = () => void closeSession(session);
  signal.addEventListener("abort", stop);
  try {
    signal.throwIfAborted();
    validateEmpty(await tablesWithRows(session, "public"), target.database, replace);
    await session.query("begin");
    const { staged, rows } = await restoreStaged(session, migrationsOf(context), load);
    const keepAs = replace ? replacedSchemaOf(load.bucket.now) : undefined;
    const replaced = await swapSchema(session, staged.schema, target.database, keepAs, load.progress);
    signal.throwIfAborted();
    // The commit cannot be aborted.
    signal.removeEventListener("abort", stop);
    await commit(session, `Check ${target.database}. Restoring again fails if it has rows.`);
    return { id: load.manifest.id, rows, replaced };
  } catch (error) {
    await closeSession(session);
    // The original error is reported, even if the cleanup fails.
    if (isNew) await dropEmptyDatabase(target, home).catch(() => {});
    signal.throwIfAborted();
    throw explainDatabase(
      error,
      `The backup ${load.manifest.id} could not be restored into ${target.database}`,
    );
  } finally {
    signal.removeEventListener("abort", stop);
    await closeSession(session);
  }
}
