import { BackupBucket } from "../backup-bucket.js";
import type { Backup } from "../backup-list.js";
import { dumpKeyOf } from "../backup-names.js";
import type { BackupContext } from "./backup.js";

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
] as const;

/** A backup in the output of `--json`. */
export interface ListedBackup {
  readonly id: string;
  readonly takenAt: string;
  readonly ageSeconds: number;
  readonly bytes: number;
  readonly complete: boolean;
  /** Time of the last successful restore test, or null if there was none. */
  readonly verifiedAt: string | null;
  readonly key: string;
}

/** Lists all backups, newest first. */
export async function backups(
  { config, say }: Pick<BackupContext, "config" | "say">,
  { json }: { readonly json: boolean },
): Promise<void> {
  const bucket = new BackupBucket(config.backup);
  try {
    const listing = await bucket.list();
    const listed = listing.backups.map((backup) => listedBackup(backup, listing.now));
    if (json) say(JSON.stringify(listed, null, 2));
    else for (const line of linesOf(listed, bucket.name)) say(line);
  } finally {
    bucket.close();
  }
}

function listedBackup({ id, takenAt, bytes, complete, verifiedAt }: Backup, now: Date): ListedBackup {
  return {
    id,
    takenAt: takenAt.toISOString(),
    ageSeconds: Math.max(0, Math.round((now.getTime() - takenAt.getTime()) / 1000)),
    bytes,
    complete,
    verifiedAt: verifiedAt?.toISOString() ?? null,
    key: dumpKeyOf(id),
  };
}

function linesOf(listed: readonly ListedBackup[], bucket: string): string[] {
  if (listed.length === 0) return [`There is no backup in ${bucket}. Run \`notejam backup\`.`];
  const rows = listed.map(({ id, ageSeconds, bytes, complete, verifiedAt }) => [
    id,
    `${ageOf(ageSeconds)} old`,
    sizeOf(bytes),
    complete
      ? verifiedAt
        ? `verified ${verifiedAt.slice(0, 16).replace("T", " ")} UTC`
        : "not verified"
      : "incomplete",
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  "),
  );
}

function ageOf(seconds: number): string {
  const [unit, size] = UNITS.find(([, least]) => seconds >= least) ?? ["s", 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}

function sizeOf(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
