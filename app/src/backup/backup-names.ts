import { randomBytes } from "node:crypto";

/** Where dumps and their manifests are in the bucket: locked for three years. */
export const DUMPS = "dumps/";
/** Where restore tests write down what they proved. */
export const RESTORE_TESTS = "restore-tests/";

const DUMP_FILE = "notejam.dump";
const MANIFEST_FILE = "manifest.json";

const TIME = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z/;
const ID = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;
const DUMP_KEY = /^dumps\/\d{4}\/\d{2}\/\d{2}\/([^/]+)\/(notejam\.dump|manifest\.json)$/;
const RESTORE_TEST_KEY = /^restore-tests\/([^/]+)\/([^/]+)\.json$/;

/** A time in names, in whole seconds: `20261122T201500Z`. */
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

/** Schema for what a restore finds in its place. */
export function replacedSchemaOf(restoredAt: Date): string {
  return `replaced_${compactTime(restoredAt).toLowerCase()}`;
}

/** Names a new backup: its time, which is also its place in the order, and enough chance for two at once. */
export function newBackupId(takenAt: Date): string {
  return `${compactTime(takenAt)}-${randomBytes(4).toString("hex")}`;
}

/** Whether a text is the id of a backup. */
export function isBackupId(text: string): boolean {
  return ID.test(text) && readCompactTime(text) !== undefined;
}

/** When a backup was taken, by its id. @throws on a text that is no id */
export function takenAtOf(id: string): Date {
  const time = readCompactTime(id);
  if (!time) throw new Error(`${id} is no backup's id`);
  return time;
}

function folderOf(id: string): string {
  const date = takenAtOf(id).toISOString().slice(0, 10).replaceAll("-", "/");
  return `${DUMPS}${date}/${id}/`;
}

/** Key of a backup's dump. */
export function dumpKeyOf(id: string): string {
  return `${folderOf(id)}${DUMP_FILE}`;
}

/** Key of a backup's manifest, which is written last: without it a dump does not count. */
export function manifestKeyOf(id: string): string {
  return `${folderOf(id)}${MANIFEST_FILE}`;
}

/** Key of what a restore test proved of a backup. */
export function restoreTestKeyOf(id: string, verifiedAt: Date): string {
  return `${RESTORE_TESTS}${id}/${compactTime(verifiedAt)}.json`;
}

/** What a key below `dumps/` is; undefined: nothing of ours. */
export function readDumpKey(
  key: string,
): { readonly id: string; readonly what: "dump" | "manifest" } | undefined {
  const [, id = "", file] = DUMP_KEY.exec(key) ?? [];
  if (!isBackupId(id)) return undefined;
  return { id, what: file === DUMP_FILE ? "dump" : "manifest" };
}

/** Which backup a key below `restore-tests/` is about, and when it was proven; undefined: nothing of ours. */
export function readRestoreTestKey(
  key: string,
): { readonly id: string; readonly verifiedAt: Date } | undefined {
  const [, id = "", time = ""] = RESTORE_TEST_KEY.exec(key) ?? [];
  const verifiedAt = readCompactTime(time);
  return isBackupId(id) && verifiedAt ? { id, verifiedAt } : undefined;
}
