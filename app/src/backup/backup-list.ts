import { readDumpKey, readRestoreTestKey, takenAtOf } from "./backup-names.js";

/** Entry of the bucket's listing. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
}

/** A backup, as listed in the bucket. */
export interface Backup {
  readonly id: string;
  /** Time of the snapshot, by the clock of S3. */
  readonly takenAt: Date;
  /** Size of the dump in bytes, or 0 if it is missing. */
  readonly bytes: number;
  /** True if the backup has a manifest, which is written last. */
  readonly complete: boolean;
  /** Time of the last successful restore test, or undefined if there was none. */
  readonly verifiedAt: Date | undefined;
}

/** Groups the objects of each backup. @returns newest first */
export function backupsOf(objects: readonly StoredObject[]): Backup[] {
  const found = new Map<string, { bytes: number; dump: boolean; manifest: boolean; verifiedAt?: Date }>();
  for (const { key, bytes } of objects) {
    const part = readDumpKey(key);
    if (!part) continue;
    const backup = found.get(part.id) ?? { bytes: 0, dump: false, manifest: false };
    if (part.what === "dump") found.set(part.id, { ...backup, bytes, dump: bytes > 0 });
    else found.set(part.id, { ...backup, manifest: bytes > 0 });
  }
  for (const { key } of objects) {
    const report = readRestoreTestKey(key);
    const backup = report && found.get(report.id);
    if (backup && report.verifiedAt > (backup.verifiedAt ?? new Date(0)))
      backup.verifiedAt = report.verifiedAt;
  }
  const backups = [...found].map(([id, { bytes, dump, manifest, verifiedAt }]) => ({
    id,
    takenAt: takenAtOf(id),
    bytes,
    complete: dump && manifest,
    verifiedAt,
  }));
  // Ids begin with the time in fixed width.
  return backups.sort((a, b) => (a.id < b.id ? 1 : -1));
}

/** The newest complete backup. */
export function newestComplete(backups: readonly Backup[]): Backup | undefined {
  return backups.find(({ complete }) => complete);
}

/** The newest complete backup that passed a restore test. */
export function newestVerified(backups: readonly Backup[]): Backup | undefined {
  return backups.find(({ complete, verifiedAt }) => complete && verifiedAt !== undefined);
}
