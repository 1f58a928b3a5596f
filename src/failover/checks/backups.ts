import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { backupReplicaBucketName } from "@notejam/constructs/backup-storage/names";
import type { Diagnostic } from "../../diagnostic.js";
import { isAbsent, runCheck } from "../aws-answers.js";
import type { Failover } from "../failover.js";
import { failed, passed, uncertain } from "../results.js";

/*
 * Layout of the application's backups: `dumps/<year>/<month>/<day>/<id>/`, first the dump and last its manifest, and
 * `restore-tests/<id>/…` after a restore test. An id starts with the time of the backup.
 */
const MANIFEST = /^dumps\/\d{4}\/\d{2}\/\d{2}\/(?<id>(?<taken>\d{8}T\d{6}Z)-[0-9a-f]{8})\/manifest\.json$/;
const DUMP = /^dumps\/\d{4}\/\d{2}\/\d{2}\/(?<id>\d{8}T\d{6}Z-[0-9a-f]{8})\/notejam\.dump$/;
const RESTORE_TEST = /^restore-tests\/(?<id>\d{8}T\d{6}Z-[0-9a-f]{8})\//;

const HOUR_MS = 3_600_000;
/** Maximum age of the newest backup: one every four hours, and time to create and replicate it. */
const MAX_AGE_HOURS = 5;
/** Maximum age of the newest tested backup: one restore test a week, and one failure. */
const MAX_DAYS_UNTESTED = 9;

/** Checks that the replicated backups can be restored, and computes the data loss. */
export async function checkBackups(failover: Failover): Promise<Diagnostic[]> {
  return runCheck("backups", () => backups(failover));
}

async function backups(failover: Failover): Promise<Diagnostic[]> {
  const bucket = backupReplicaBucketName(failover.primaryNames.globalName, failover.accountId);
  const keys = await keysOf(failover, bucket).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (keys === undefined) {
    const hint = "choose the drRegion of the environment: without the bucket nothing can be restored";
    return [failed("backups", `the bucket ${bucket} does not exist in ${failover.target.region}`, hint)];
  }
  return checkNewest(backupsAmong(keys), bucket, failover);
}

async function keysOf({ target }: Failover, bucket: string): Promise<string[]> {
  const keys: string[] = [];
  for (const prefix of ["dumps/", "restore-tests/"]) {
    let token: string | undefined;
    do {
      const page = await target.s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
      );
      keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }
  return keys;
}

interface Backup {
  readonly id: string;
  readonly taken: Date;
  readonly tested: boolean;
}

/** Returns complete backups, with dump and manifest, newest first. */
function backupsAmong(keys: readonly string[]): Backup[] {
  const dumped = new Set(keys.map((key) => DUMP.exec(key)?.groups?.id));
  const tested = new Set(keys.map((key) => RESTORE_TEST.exec(key)?.groups?.id));
  return keys
    .flatMap((key) => {
      const { id = "", taken = "" } = MANIFEST.exec(key)?.groups ?? {};
      return dumped.has(id) ? [{ id, taken: timeOf(taken), tested: tested.has(id) }] : [];
    })
    .sort((one, other) => other.taken.getTime() - one.taken.getTime());
}

/** @param compact such as `20270320T080000Z` */
function timeOf(compact: string): Date {
  return new Date(compact.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function checkNewest(backups: readonly Backup[], bucket: string, { now }: Failover): Diagnostic[] {
  const [newest] = backups;
  if (newest === undefined) {
    const hint = "check the backup job and the replication of the bucket";
    return [failed("backups", `${bucket} has no complete backup`, hint)];
  }
  return [checkAge(newest, now), checkTested(backups, now)];
}

function checkAge(newest: Backup, now: Date): Diagnostic {
  const hours = (now.getTime() - newest.taken.getTime()) / HOUR_MS;
  const summary = `newest is ${newest.id}: the changes of the last ${age(hours)} would be lost (RPO)`;
  if (hours <= MAX_AGE_HOURS) return passed("backups", summary);
  return uncertain("backups", summary, "create a backup first, if the primary region is available");
}

function checkTested(backups: readonly Backup[], now: Date): Diagnostic {
  const tested = backups.find((backup) => backup.tested);
  const hint = "check the weekly restore test; a restore also verifies the backup against its manifest";
  if (tested === undefined) return uncertain("backups", "none has been verified by a restore test", hint);
  const hours = (now.getTime() - tested.taken.getTime()) / HOUR_MS;
  const summary = `newest verified by a restore test is ${tested.id}, ${age(hours)} old`;
  return hours <= MAX_DAYS_UNTESTED * 24 ? passed("backups", summary) : uncertain("backups", summary, hint);
}

function age(hours: number): string {
  if (hours < 1) return `${Math.max(0, Math.round(hours * 60))} minutes`;
  if (hours < 48) return `${hours.toFixed(1)} hours`;
  return `${(hours / 24).toFixed(1)} days`;
}
