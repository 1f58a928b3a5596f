#!/usr/bin/env node
import { Command } from "commander";
import { BackupError } from "./backup/backup-error.js";
import type { BackupContext } from "./backup/commands/backup.js";
import type { RecoverOptions } from "./backup/commands/recover.js";
import type { RestoreOptions } from "./backup/commands/restore.js";
import { type Config, ConfigError, readConfig } from "./config.js";
import { codeOf, isConnectionLost, unavailabilityIn } from "./database/errors.js";
import { FolderInUse } from "./database/folder-lock.js";

/** Errors whose message suffices without a stack trace. */
function isExplained(error: unknown): error is Error {
  if (error instanceof ConfigError || error instanceof FolderInUse || error instanceof BackupError)
    return true;
  const named =
    error instanceof Error &&
    ["MigrationError", "DatabaseUnavailable", "ImportError", "UnusableDatabase"].includes(error.name);
  return named || codeOf(error) === "EADDRINUSE" || codeOf(error) === "28P01" || isConnectionLost(error);
}

/** Runs a command with the configuration from the environment. */
function withConfig<Options>(run: (config: Config, options: Options) => Promise<void>) {
  return async (options: Options): Promise<void> => run(readConfig(process.env), options);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const program = new Command("notejam")
  .description(
    "Notejam, a note-taking web application. Configured by environment variables; see app/README.md.",
  )
  .showHelpAfterError("Run with --help for all commands.");

program
  .command("serve")
  .description("serve the web application until SIGTERM or SIGINT")
  .option("--migrate", "migrate the database schema first", false)
  .action(
    withConfig(async (config, options: { migrate: boolean }) => {
      const { serve } = await import("./serve.js");
      await serve(config, options);
    }),
  );

program
  .command("migrate")
  .description("migrate the database schema; several processes may run at once")
  .option("--check", "list pending migrations; exit status 1 if there are any", false)
  .action(
    withConfig(async (config, options: { check: boolean }) => {
      const { checkDatabase, migrateDatabase } = await import("./database/migrate.js");
      if (options.check) {
        const { current, expected, pending } = await checkDatabase(config);
        say(`The database has schema version ${current}; this program has ${expected}.`);
        for (const file of pending) say(`  pending: ${file}`);
        if (pending.length > 0) process.exitCode = 1;
        return;
      }
      const applied = await migrateDatabase(config);
      say(applied.length === 0 ? "The schema is up to date." : `Applied: ${applied.join(", ")}`);
    }),
  );

program
  .command("purge")
  .description(
    "delete notes and pads that have been in the trash for three years, and expired sessions and links",
  )
  .action(
    withConfig(async (config) => {
      const { openDatabase } = await import("./database/database.js");
      const { purge } = await import("./trash/purge.js");
      const database = await openDatabase(config.database, { onIdleError: () => {}, noTimeouts: true });
      try {
        const purged = Object.entries(await purge(database));
        say(`Removed: ${purged.map(([what, number]) => `${what} ${number}`).join(", ")}`);
      } finally {
        await database.end();
      }
    }),
  );

program
  .command("import-django")
  .description("load users, pads and notes from the database of the former Django application")
  .requiredOption(
    "--from <address>",
    "its database: postgres://<user>:<password>@<host>:5432/<database>, or an SQLite file",
  )
  .option("--dry-run", "count rows without loading them", false)
  .action(
    withConfig(async (config, options: { from: string; dryRun: boolean }) => {
      const { importDjango } = await import("./import-export/import-django.js");
      await importDjango(config, options, say);
    }),
  );

/** Time for the cleanup of a stopped command, in milliseconds. Kubernetes kills it after 30 seconds. */
const CLEANUP_TIMEOUT = 15_000;

/** Exits even if S3 or the database does not respond any more. */
function endInTime(signal: NodeJS.Signals): void {
  const end = () => {
    process.stderr.write(
      `Stopped by ${signal} while S3 or the database did not respond. The backup was discarded; the bucket lifecycle aborts incomplete uploads.\n`,
    );
    process.exit(1);
  };
  setTimeout(end, CLEANUP_TIMEOUT).unref();
}

/** Runs a backup command, which signals abort. */
function withBackups<Options>(run: (context: BackupContext, options: Options) => Promise<void>) {
  return withConfig(async (config, options: Options) => {
    // The lock file pins the SDK, so its warning about future Node versions is noise.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
    const stop = new AbortController();
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        stop.abort(new BackupError(`Stopped by ${signal}. Partial results were removed.`));
        endInTime(signal);
      });
    }
    await run({ config, say, stderr: process.stderr, signal: stop.signal }, options);
  });
}

program
  .command("backup")
  .description("back up the database to the backup bucket; several processes may run at once")
  .action(
    withBackups(async (context) => {
      const { backup } = await import("./backup/commands/backup.js");
      await backup(context);
    }),
  );

program
  .command("backups")
  .description("list all backups with id, age, size and time of the last restore test")
  .option("--json", "print JSON", false)
  .action(
    withBackups(async (context, options: { json: boolean }) => {
      const { backups } = await import("./backup/commands/list-backups.js");
      await backups(context, options);
    }),
  );

program
  .command("restore")
  .description("restore a backup in one transaction, verify it and migrate it")
  .option("--latest", "the newest backup (default)")
  .option("--at <time>", "the newest backup taken at or before this time, such as 2026-11-22T08:00:00Z")
  .option("--key <id>", "the backup with this id")
  .requiredOption(
    "--into <database>",
    "name of a database on the configured server, or a database URL; created if missing",
  )
  .option("--replace", "move existing tables to another schema", false)
  .option("--yes-replace", "confirm --replace", false)
  .action(
    withBackups(async (context, options: RestoreOptions) => {
      const { restore } = await import("./backup/commands/restore.js");
      await restore(context, options);
    }),
  );

program
  .command("restore-test")
  .description("verify the newest backup by restoring it into the scratch database, which is left empty")
  .action(
    withBackups(async (context) => {
      const { restoreTest } = await import("./backup/commands/restore-test.js");
      await restoreTest(context);
    }),
  );

program
  .command("recover")
  .description("recover the notes of one user from a backup")
  .requiredOption("--user <address>", "email address of the user")
  .option("--note <id>", "only the note with this id")
  .option("--from <id>", "id of the backup (default: the newest)")
  .option("--dry-run", "report the changes without making them", false)
  .action(
    withBackups(async (context, options: RecoverOptions) => {
      const { recover } = await import("./backup/commands/recover.js");
      await recover(context, options);
    }),
  );

try {
  await program.parseAsync();
} catch (error) {
  // Errors of queries wrap the unavailability of the database.
  const failure = unavailabilityIn(error) ?? error;
  if (!isExplained(failure)) throw error;
  process.stderr.write(`${failure.message}\n`);
  process.exitCode = error instanceof BackupError ? error.exitStatus : 2;
  // Open connections must not keep the process alive.
  process.exit();
}
