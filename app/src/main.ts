#!/usr/bin/env node
import { Command } from "commander";
import { BackupError } from "./backup/backup-error.js";
import type { BackupContext } from "./backup/commands/backup.js";
import type { RecoverOptions } from "./backup/commands/recover.js";
import type { RestoreOptions } from "./backup/commands/restore.js";
import { type Config, ConfigError, readConfig } from "./config.js";
import { codeOf, isConnectionLost, unavailabilityIn } from "./database/errors.js";
import { FolderInUse } from "./database/folder-lock.js";

/** Mistakes that a message explains better than a stack trace. */
function isExplained(error: unknown): error is Error {
  if (error instanceof ConfigError || error instanceof FolderInUse || error instanceof BackupError)
    return true;
  const named =
    error instanceof Error &&
    ["MigrationError", "DatabaseUnavailable", "ImportError", "UnusableDatabase"].includes(error.name);
  return named || codeOf(error) === "EADDRINUSE" || codeOf(error) === "28P01" || isConnectionLost(error);
}

/** Runs a command with the configuration of the environment. */
function withConfig<Options>(run: (config: Config, options: Options) => Promise<void>) {
  return async (options: Options): Promise<void> => run(readConfig(process.env), options);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const program = new Command("notejam")
  .description("Notejam, a note-taking web application. Configured by the environment; see app/README.md.")
  .showHelpAfterError("Run with --help to see what there is.");

program
  .command("serve")
  .description("serve the web application until SIGTERM or SIGINT")
  .option("--migrate", "bring the database's schema up to date first", false)
  .action(
    withConfig(async (config, options: { migrate: boolean }) => {
      const { serve } = await import("./serve.js");
      await serve(config, options);
    }),
  );

program
  .command("migrate")
  .description("bring the database's schema up to date; many may run at once")
  .option("--check", "only say what would be applied; exit status 1 when something would", false)
  .action(
    withConfig(async (config, options: { check: boolean }) => {
      const { checkDatabase, migrateDatabase } = await import("./database/migrate.js");
      if (options.check) {
        const { current, expected, pending } = await checkDatabase(config);
        say(`The database has schema version ${current}; this program has ${expected}.`);
        for (const file of pending) say(`  to be applied: ${file}`);
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
    "remove for good what has been in the trash for three years, and sessions and links that are over",
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
  .description("load people, pads and notes from the tables of the former Django application")
  .requiredOption(
    "--from <address>",
    "its database: postgres://<user>:<password>@<host>:5432/<database>, or an SQLite file",
  )
  .option("--dry-run", "only say what would be loaded", false)
  .action(
    withConfig(async (config, options: { from: string; dryRun: boolean }) => {
      const { importDjango } = await import("./import-export/import-django.js");
      await importDjango(config, options, say);
    }),
  );

/** Longest that a stopped command may take to tidy up, in milliseconds: Kubernetes kills after half a minute. */
const CLEANUP_TIMEOUT = 15_000;

/** Ends a stopped command also when S3 or the database says nothing any more. */
function endInTime(signal: NodeJS.Signals): void {
  const end = () => {
    process.stderr.write(
      `Stopped by ${signal} while S3 or the database did not answer: nothing of it counts; parts of an upload that are left are ended by the bucket's lifecycle.\n`,
    );
    process.exit(1);
  };
  setTimeout(end, CLEANUP_TIMEOUT).unref();
}

/** Runs a command about backups, which a signal ends before it is done. */
function withBackups<Options>(run: (context: BackupContext, options: Options) => Promise<void>) {
  return withConfig(async (config, options: Options) => {
    // The lock file pins the SDK, so its warning about future Node versions is noise.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
    const stop = new AbortController();
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        stop.abort(new BackupError(`Stopped by ${signal}: nothing half done is left, and nothing counts.`));
        endInTime(signal);
      });
    }
    await run({ config, say, stderr: process.stderr, signal: stop.signal }, options);
  });
}

program
  .command("backup")
  .description("dump the database into the bucket of backups; any number may run at once")
  .action(
    withBackups(async (context) => {
      const { backup } = await import("./backup/commands/backup.js");
      await backup(context);
    }),
  );

program
  .command("backups")
  .description("list the backups: id, age, size, and when a restore test proved them")
  .option("--json", "for programs", false)
  .action(
    withBackups(async (context, options: { json: boolean }) => {
      const { backups } = await import("./backup/commands/list-backups.js");
      await backups(context, options);
    }),
  );

program
  .command("restore")
  .description("restore a backup whole, compared with its manifest and migrated, or not at all")
  .option("--latest", "the newest (what is done without any of these three)")
  .option("--at <time>", "the newest that was taken then or before, such as 2026-11-22T08:00:00Z")
  .option("--key <id>", "this one")
  .requiredOption(
    "--into <database>",
    "a database's name on the configured server, or its address; made if it is not there",
  )
  .option("--replace", "put aside what the database holds", false)
  .option("--yes-replace", "say it again", false)
  .action(
    withBackups(async (context, options: RestoreOptions) => {
      const { restore } = await import("./backup/commands/restore.js");
      await restore(context, options);
    }),
  );

program
  .command("restore-test")
  .description("prove the newest backup by restoring it into the scratch database, and leave that empty")
  .action(
    withBackups(async (context) => {
      const { restoreTest } = await import("./backup/commands/restore-test.js");
      await restoreTest(context);
    }),
  );

program
  .command("recover")
  .description("bring one person's notes back from a backup, and touch nothing else")
  .requiredOption("--user <address>", "whose")
  .option("--note <id>", "only this one")
  .option("--from <id>", "the backup; left out: the newest")
  .option("--dry-run", "only say what would be done", false)
  .action(
    withBackups(async (context, options: RecoverOptions) => {
      const { recover } = await import("./backup/commands/recover.js");
      await recover(context, options);
    }),
  );

try {
  await program.parseAsync();
} catch (error) {
  // A query hides in its own error that the database could not be reached.
  const failure = unavailabilityIn(error) ?? error;
  if (!isExplained(failure)) throw error;
  process.stderr.write(`${failure.message}\n`);
  process.exitCode = error instanceof BackupError ? error.exitStatus : 2;
  // Whatever was opened before the mistake was noticed must not keep the process alive.
  process.exit();
}
