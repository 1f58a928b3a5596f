import type pg from "pg";
import type { Migration } from "../../database/migrator.js";
import { BackupBucket } from "../backup-bucket.js";
import { BackupError } from "../backup-error.js";
import { chooseBackup } from "../choose-backup.js";
import { ClientTools } from "../client-tools.js";
import type { ScriptPart } from "../dump-script.js";
import { explainDatabase, type LoadOptions, readDump } from "../load-dump.js";
import { type MergeResult, mergeRecoveredNotes } from "../merge-recovered-notes.js";
import { closeSession, commit, openSession, serverOf } from "../postgres-session.js";
import { Progress } from "../progress.js";
import { fieldOf, rowsOf, rowsWith } from "../row-filter.js";
import { StagedDump } from "../staged-dump.js";
import { type BackupContext, migrationsOf } from "./backup.js";

/** Options of `notejam recover`. */
export interface RecoverOptions {
  /** Email address of the user, in the backup and in the database. */
  readonly user: string;
  /** Id of one note. @default all notes of the user */
  readonly note?: string;
  /** Id of the backup. @default the newest */
  readonly from?: string;
  /** Reports the changes without making them. */
  readonly dryRun: boolean;
}

/**
 * Recovers the notes of one user from a backup into the live database. Later changes are kept, and other users are not
 * affected.
 *
 * @throws {BackupError} if it failed; nothing was changed
 */
export async function recover(context: BackupContext, options: RecoverOptions): Promise<MergeResult> {
  const { config, say, stderr } = context;
  const note = options.note === undefined ? undefined : readNoteId(options.note);
  const bucket = new BackupBucket(config.backup);
  try {
    const { id } = chooseBackup(await bucket.list(), options.from === undefined ? {} : { key: options.from });
    const manifest = await bucket.manifestOf(id);
    const tools = new ClientTools(config.backup.toolsFolder);
    await tools.requireRestoreFor(manifest);
    const load: LoadOptions = { bucket, tools, manifest, progress: new Progress(stderr) };
    load.progress.step(`Searching for the user in backup ${id}`);
    const formerOwner = await findOwner(load, options.user);
    load.progress.step("Reading the user's notes");
    const result = await recoverFrom(context, load, { ...options, note, formerOwner });
    say(describe(result, options.dryRun));
    return result;
  } finally {
    bucket.close();
  }
}

function readNoteId(text: string): number {
  const id = Number(text);
  if (/^\d{1,10}$/.test(text) && id > 0) return id;
  throw new BackupError(`--note ${text}: use the id of a note, as in the address /notes/123/.`, {
    exitStatus: 2,
  });
}

/** Searches the users of a dump. @returns the id of the user with this email address */
async function findOwner(load: LoadOptions, address: string): Promise<number> {
  const wanted = address.trim().toLowerCase();
  let found: number | undefined;
  await readDump(load, ["users"], async (part) => {
    if (part.kind !== "rows" || part.table !== "users") return;
    const [id, email] = [part.columns.indexOf("id"), part.columns.indexOf("email")];
    for await (const row of rowsOf(part.rows)) {
      if (fieldOf(row, email).toLowerCase() === wanted) found = Number(fieldOf(row, id));
    }
  });
  if (found !== undefined) return found;
  throw new BackupError(
    `Backup ${load.manifest.id} has no user with this email address. Use the address at that time, or another backup with --from.`,
  );
}

/** Returns the rows of one user, and the list of migrations. */
function ownPart(part: ScriptPart, owner: number): ScriptPart | undefined {
  if (part.kind !== "rows") return undefined;
  if (part.table === "schema_migrations") return part;
  const column = part.columns.indexOf(part.table === "users" ? "id" : "user_id");
  return column < 0 ? undefined : { ...part, rows: rowsWith(part.rows, column, owner) };
}

interface Recovery {
  readonly user: string;
  readonly note: number | undefined;
  readonly formerOwner: number;
  readonly dryRun: boolean;
}

async function recoverFrom(
  context: BackupContext,
  load: LoadOptions,
  recovery: Recovery,
): Promise<MergeResult> {
  const { config, signal } = context;
  const { manifest } = load;
  const migrations = migrationsOf(context);
  const session = await openSession(serverOf(config), "recover");
  const stop = () => void closeSession(session);
  signal.addEventListener("abort", stop);
  try {
    signal.throwIfAborted();
    const owner = await liveOwner(session, migrations, recovery.user);
    await session.query("begin");
    const staged = await StagedDump.prepare(session, manifest, migrations);
    await readDump(load, [], async (part) => {
      const own = ownPart(part, recovery.formerOwner);
      if (own) await staged.load(own);
    });
    await staged.validateMigrations();
    await staged.finish();
    const result = await mergeRecoveredNotes(session, {
      from: staged.schema,
      formerOwner: recovery.formerOwner,
      owner,
      note: recovery.note,
      padForChanged: `Recovered from ${manifest.takenAt.slice(0, 10)}`,
    });
    await session.query("set local search_path = pg_catalog");
    await session.query(`drop schema ${staged.schema} cascade`);
    signal.throwIfAborted();
    // The commit cannot be aborted.
    signal.removeEventListener("abort", stop);
    if (recovery.dryRun) await session.query("rollback");
    else await commit(session, "Run the command again. Recovered notes are not added twice.");
    return result;
  } catch (error) {
    signal.throwIfAborted();
    throw explainDatabase(error, `The notes could not be recovered from ${manifest.id}`);
  } finally {
    signal.removeEventListener("abort", stop);
    await closeSession(session);
  }
}

/** Returns the id of the user in the live database. */
async function liveOwner(
  session: pg.Client,
  migrations: readonly Migration[],
  address: string,
): Promise<number> {
  const version = await session.query("select max(version)::int as version from schema_migrations");
  const expected = migrations.at(-1)?.version;
  if (version.rows[0]?.version !== expected) {
    throw new BackupError(
      `The database has schema version ${version.rows[0]?.version}; this program has ${expected}. Use the release that is running, or run \`notejam migrate\` first.`,
    );
  }
  const found = await session.query(
    `select id from users where lower(email collate "und-x-icu") = lower($1 collate "und-x-icu")`,
    [address.trim()],
  );
  const id: unknown = found.rows[0]?.id;
  if (typeof id === "number") return id;
  throw new BackupError(
    "There is no user with this email address. After the user signed up again, run the command again.",
  );
}

function describe(
  { restored, untrashed, conflicting, unchanged, pads }: MergeResult,
  dryRun: boolean,
): string {
  const begin = dryRun ? "Dry run, nothing was changed" : "Recovered";
  return `${begin}: ${restored} deleted notes added, ${untrashed} restored from the trash, ${conflicting} added as old versions of changed notes, ${unchanged} already there. New pads: ${pads}.`;
}
