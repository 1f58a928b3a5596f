import type { Listing } from "./backup-bucket.js";
import { BackupError } from "./backup-error.js";
import { type Backup, newestComplete } from "./backup-list.js";
import { isBackupId } from "./backup-names.js";

/** Selection of a backup. At most one of the three; the default is the newest. */
export interface Choice {
  readonly latest?: boolean;
  /** The newest backup taken at or before this time, such as `2026-11-22T08:00Z`. */
  readonly at?: string;
  /** Id of a backup. */
  readonly key?: string;
}

const wrong = (message: string): BackupError => new BackupError(message, { exitStatus: 2 });

/** Parses a time with a time zone. Without one it would be in the zone of this machine. */
function readTime(text: string): Date {
  const time = new Date(text);
  if (!Number.isNaN(time.getTime()) && /(?:Z|[+-]\d{2}:?\d{2})$/.test(text)) return time;
  throw wrong(
    `--at ${text}: use a time with a time zone, such as 2026-11-22T08:00:00Z or 2026-11-22T09:00+01:00.`,
  );
}

function describe({ id, complete }: Backup): string {
  return complete ? id : `${id} (incomplete)`;
}

/** Finds the selected backup. @throws {BackupError} if it does not exist or is incomplete */
export function chooseBackup({ backups }: Listing, { latest, at, key }: Choice): Backup {
  if ([latest, at, key].filter(Boolean).length > 1) throw wrong("Use only one of --latest, --at and --key.");
  const newest = newestComplete(backups);
  if (!newest) {
    const unfinished = backups.length > 0 ? ` There are ${backups.length} incomplete backups.` : "";
    throw new BackupError(`There is no complete backup.${unfinished} Run \`notejam backup\`.`);
  }
  if (key) return withId(backups, key);
  if (!at) return newest;
  const time = readTime(at);
  const found = newestComplete(backups.filter(({ takenAt }) => takenAt <= time));
  if (found) return found;
  const oldest = backups.findLast(({ complete }) => complete);
  throw new BackupError(
    `There is no backup from ${time.toISOString()} or before. The oldest backup is ${oldest?.id}.`,
  );
}

function withId(backups: readonly Backup[], id: string): Backup {
  if (!isBackupId(id))
    throw wrong(
      `--key ${id}: the id of a backup looks like 20261122T200000Z-1a2b3c4d; \`notejam backups\` lists them.`,
    );
  const found = backups.find((backup) => backup.id === id);
  if (found?.complete) return found;
  const near = backups.slice(0, 3).map(describe).join(", ");
  throw new BackupError(
    found
      ? `The backup ${id} is incomplete. The newest backups are ${near}.`
      : `There is no backup ${id}. The newest backups are ${near}.`,
  );
}
