import type pg from "pg";
import { codeOf, isConnectionLost } from "../database/errors.js";
import type { Migration } from "../database/migrator.js";
import type { BackupBucket } from "./backup-bucket.js";
import { BackupError, reasonOf } from "./backup-error.js";
import type { Manifest, TableContents } from "./backup-manifest.js";
import type { ClientTools, RunningScript } from "./client-tools.js";
import { DumpScript, type ScriptPart } from "./dump-script.js";
import { MeasuredStream } from "./measured-stream.js";
import type { Progress } from "./progress.js";
import { StagedDump } from "./staged-dump.js";
import { differences } from "./table-contents.js";

/** Context for loading a dump. */
export interface LoadOptions {
  readonly bucket: BackupBucket;
  readonly tools: ClientTools;
  readonly manifest: Manifest;
  readonly progress: Progress;
}

/**
 * Reads a dump's script completely and verifies the checksum of the dump.
 *
 * @param tables - tables to read; empty: all
 * @throws {BackupError} if the dump is damaged, even if that caused another error first
 */
export async function readDump(
  { bucket, tools, manifest, progress }: LoadOptions,
  tables: readonly string[],
  take: (part: ScriptPart) => Promise<void>,
): Promise<void> {
  const dump = new MeasuredStream(bucket.readDump(manifest), (bytes) =>
    progress.bytes("Reading", bytes, manifest.dump.bytes),
  );
  const script = tools.script(dump.read(), tables);
  try {
    for await (const part of new DumpScript(script.text).parts()) await take(part);
    await script.fed;
  } catch (error) {
    await explainFailure(error, script, dump, manifest);
  } finally {
    script.stop();
    progress.end();
  }
  validateChecksum(dump, manifest);
}

/** A damaged dump causes various errors. Reports the damage instead of those. */
async function explainFailure(
  error: unknown,
  script: RunningScript,
  dump: MeasuredStream,
  manifest: Manifest,
): Promise<never> {
  if (isConnectionLost(error)) throw error;
  script.abandon();
  // Rejects if the dump could not be read, which is then the reason for the other errors.
  await script.fed;
  validateChecksum(dump, manifest);
  throw error;
}

function validateChecksum({ bytes, sha256 }: MeasuredStream, { id, dump }: Manifest): void {
  if (bytes === dump.bytes && sha256 === dump.sha256) return;
  const found = bytes === dump.bytes ? `its SHA-256 is ${sha256}` : `it has ${bytes} bytes`;
  const expected = bytes === dump.bytes ? dump.sha256 : String(dump.bytes);
  throw new BackupError(
    `The dump of the backup ${id} is damaged: ${found} instead of ${expected}. Nothing was changed. Use an older backup: \`notejam backups\` lists them, and --key selects one.`,
  );
}

/** Result of restoring a dump in a transaction that is still open. */
export interface Restored {
  readonly staged: StagedDump;
  readonly rows: number;
  /** Tables of the dump that no migration creates. They were skipped. */
  readonly leftOut: readonly string[];
}

/**
 * Restores a complete dump into a separate schema and compares it with its manifest.
 *
 * @param session - with an open transaction
 */
export async function restoreStaged(
  session: pg.Client,
  migrations: readonly Migration[],
  options: LoadOptions,
): Promise<Restored> {
  const { manifest, progress } = options;
  const staged = await StagedDump.prepare(session, manifest, migrations);
  progress.step(`Restoring backup ${manifest.id} with schema version ${manifest.schemaVersion}`);
  const leftOut: string[] = [];
  await readDump(options, [], async (part) => {
    if (!(await staged.load(part)) && part.kind === "rows") leftOut.push(part.table);
  });
  await staged.validateMigrations();
  progress.step("Comparing the tables with the manifest");
  const found = await staged.contents(manifest.withoutRows);
  validateContents(manifest, found);
  if (leftOut.length > 0) progress.step(`Skipped tables that no migration creates: ${leftOut.join(", ")}`);
  progress.step("Creating indexes and applying later migrations");
  await staged.finish();
  return { staged, leftOut, rows: Object.values(found).reduce((sum, { rows }) => sum + rows, 0) };
}

function validateContents({ id, tables }: Manifest, found: Readonly<Record<string, TableContents>>): void {
  const wrong = differences(tables, found);
  if (wrong.length === 0) return;
  throw new BackupError(
    `Backup ${id} does not match its manifest: ${wrong.join("; ")}. Nothing was changed. Use another backup, and take a new backup now.`,
  );
}

/** Explains a database error of a restore. Details are omitted, because they quote rows. */
export function explainDatabase(error: unknown, doing: string): BackupError {
  if (error instanceof BackupError) return error;
  if (codeOf(error) === "53100") {
    return new BackupError(
      `${doing}: the database's disk is full (${reasonOf(error)}). Nothing was changed.`,
      {
        cause: error,
      },
    );
  }
  if (isConnectionLost(error)) {
    return new BackupError(
      `${doing}: the connection was lost (${reasonOf(error)}). Nothing was changed. Run the command again.`,
      { cause: error },
    );
  }
  return new BackupError(`${doing}: ${reasonOf(error)}. Nothing was changed.`, { cause: error });
}
