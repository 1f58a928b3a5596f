import { BackupBucket } from "../backup-bucket.js";
import { BackupError } from "../backup-error.js";
import { replacedSchemaOf } from "../backup-names.js";
import { type Choice, chooseBackup } from "../choose-backup.js";
import { ClientTools } from "../client-tools.js";
import { dropEmptyDatabase, openTarget, targetOf } from "../database-target.js";
import { explainDatabase, type LoadOptions, restoreStaged } from "../load-dump.js";
import { closeSession, commit, serverOf } from "../postgres-session.js";
import { Progress } from "../progress.js";
import { refuseFilled, swapSchema, tablesWithRows } from "../swap-schema.js";
import { type BackupContext, migrationsOf } from "./backup.js";

/** What `notejam restore` was asked for. */
export interface RestoreOptions extends Choice {
  /** A database's name on the configured server, or its address. */
  readonly into: string;
  /** Whether what is in the database may be put aside; both must be said. */
  readonly replace: boolean;
  readonly yesReplace: boolean;
}

/** What came of a restore. */
export interface RestoreResult {
  readonly id: string;
  readonly rows: number;
  /** Schema in which what was there before is kept; undefined: there was nothing. */
  readonly replaced: string | undefined;
}

/**
 * Restores a backup into a database: whole, compared with its manifest and brought to this program's schema version, or
 * not at all.
 *
 * @throws {BackupError} when it could not be done; the database is as it was then
 */
export async function restore(context: BackupContext, options: RestoreOptions): Promise<RestoreResult> {
  const { config, say, stderr } = context;
  const replace = confirmed(options);
  const bucket = new BackupBucket(config.backup);
  try {
    const { id } = chooseBackup(await bucket.list(), options);
    const manifest = await bucket.manifestOf(id);
    const tools = new ClientTools(config.backup.toolsFolder);
    await tools.needRestoreFor(manifest);
    const load: LoadOptions = { bucket, tools, manifest, progress: new Progress(stderr) };
    const result = await restoreInto(context, options.into, load, replace);
    say(
      `Restored ${id} into ${targetOf(options.into, serverOf(config)).database}: ${result.rows} rows, as its manifest says.`,
    );
    if (result.replaced) {
      say(
        `What was there before is in the schema ${result.replaced}; when it is not needed any more: drop schema ${result.replaced} cascade;`,
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
    "--replace puts aside what the database holds, and is only done when it is said twice: give both --replace and --yes-replace.",
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
  // Without its session nothing of the transaction is left.
  const stop = () => void closeSession(session);
  signal.addEventListener("abort", stop);
  try {
    signal.throwIfAborted();
    refuseFilled(await tablesWithRows(session, "public"), target.database, replace);
    await session.query("begin");
    const { staged, rows } = await restoreStaged(session, migrationsOf(context), load);
    const keepAs = replace ? replacedSchemaOf(load.bucket.now) : undefined;
    const replaced = await swapSchema(session, staged.schema, target.database, keepAs, load.progress);
    signal.throwIfAborted();
    // From here on it is too late to stop: the answer says what came of it.
    signal.removeEventListener("abort", stop);
    await commit(session, `Look into ${target.database}; restoring again refuses one that has rows.`);
    return { id: load.manifest.id, rows, replaced };
  } catch (error) {
    await closeSession(session);
    // The failure is what is said, also when tidying up fails.
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
