import { readDumpKey, readRestoreTestKey, takenAtOf } from "./backup-names.js";

/** One object of the bucket, as a listing shows it. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
}

/** A backup as the bucket's listing shows it. */
export interface Backup {
  readonly id: string;
  /** When its snapshot was taken, by S3's clock. */
  readonly takenAt: Date;
  /** Size of the dump; 0: there is none. */
  readonly bytes: number;
  /** Whether the manifest was written, which comes last: only then it counts. */
  readonly complete: boolean;
  /** When a restore test last proved that it can be restored; undefined: never. */
  readonly verifiedAt: Date | undefined;
}

/** Puts together what belongs to each backup. @returns the newest first */
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
    const proof = readRestoreTestKey(key);
    const backup = proof && found.get(proof.id);
    if (backup && proof.verifiedAt > (backup.verifiedAt ?? new Date(0))) backup.verifiedAt = proof.verifiedAt;
  }
  const backups = [...found].map(([id, { bytes, dump, manifest, verifiedAt }]) => ({
    id,
    takenAt: takenAtOf(id),
    bytes,
    complete: dump && manifest,
    verifiedAt,
  }));
  // An id begins with its time, in fixed width.
  return backups.sort((a, b) => (a.id < b.id ? 1 : -1));
}

/** The newest that counts. */
export function newestComplete(backups: readonly Backup[]): Backup | undefined {
  return backups.find(({ complete }) => complete);
}

/** The newest that counts and that a restore test has restored. */
export function newestVerified(backups: readonly Backup[]): Backup | undefined {
  return backups.find(({ complete, verifiedAt }) => complete && verifiedAt !== undefined);
}
