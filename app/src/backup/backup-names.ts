import { randomBytes } from "node:crypto";

/** Prefix of dumps and their manifests, which are locked for three years. */
export const DUMPS = "dumps/";
/** Prefix of the reports of restore tests. */
export const RESTORE_TESTS = "restore-tests/";

const DUMP_FILE = "notejam.dump";
const MANIFEST_FILE = "manifest.json";

const TIME = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z/;
const ID = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;
const DUMP_KEY = /^dumps\/\d{4}\/\d{2}\/\d{2}\/([^/]+)\/(notejam\.dump|manifest\.json)$/;
const RESTORE_TEST_KEY = /^restore-tests\/([^/]+)\/([^/]+)\.json$/;

/** Formats a time in whole seconds for names: `20261122T201500Z`. */
function compactTime(time: Date): string {
  return time
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(/[-:]/g, "");
}

function readCompactTime(text: string): Date | undefined {
  const [, ...parts] = TIME.exec(text) ?? [];
  const [year, month, day, hour, minute, second] = parts;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** Name of the schema that keeps the tables replaced by a restore. */
export function replacedSchemaOf(restoredAt: Date): string {
  return `replaced_${compactTime(restoredAt).toLowerCase()}`;
}

/** Creates the id of a new backup: its time, by which backups are sorted, and a random suffix. */
export function newBackupId(takenAt: Date): string {
  return `${compactTime(takenAt)}-${randomBytes(4).toString("hex")}`;
}

/** Returns true if the text is the id of a backup. */
export function isBackupId(text: string): boolean {
  return ID.test(text) && readCompactTime(text) !== undefined;
}

/** Time of a backup, from its id. @throws if the text is not an id */
export function takenAtOf(id: string): Date {
  const time = readCompactTime(id);
  if (!time) throw new Error(`${id} is not the id of a backup`);
  return time;
}

function folderOf(id: string): string {
  const date = takenAtOf(id).toISOString().slice(0, 10).replaceAll("-", "/");
  return `${DUMPS}${date}/${id}/`;
}

/** Object key of the dump. */
export function dumpKeyOf(id: string): string {
  return `${folderOf(id)}${DUMP_FILE}`;
}

/** Object key of the manifest, which is written last. */
export function manifestKeyOf(id: string): string {
  return `${folderOf(id)}${MANIFEST_FILE}`;
}

/** Object key of the report of a restore test. */
export function restoreTestKeyOf(id: string, verifiedAt: Date): string {
  return `${RESTORE_TESTS}${id}/${compactTime(verifiedAt)}.json`;
}

/** Parses a key below `dumps/`. Returns undefined for other objects. */
export function readDumpKey(
  key: string,
): { readonly id: string; readonly what: "dump" | "manifest" } | undefined {
  const [, id = "", file] = DUMP_KEY.exec(key) ?? [];
  if (!isBackupId(id)) return undefined;
  return { id, what: file === DUMP_FILE ? "dump" : "manifest" };
}

/** Parses a key below `restore-tests/`. Returns undefined for other objects. */
export function readRestoreTestKey(
  key: string,
): { readonly id: string; readonly verifiedAt: Date } | undefined {
  const [, id = "", time = ""] = RESTORE_TEST_KEY.exec(key) ?? [];
  const verifiedAt = readCompactTime(time);
  return isBackupId(id) && verifiedAt ? { id, verifiedAt } : undefined;
}
