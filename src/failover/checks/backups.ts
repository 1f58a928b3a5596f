import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { backupReplicaBucketName } from "../../../modules/backup-storage/names.js";
import { ask, isAbsent } from "../aws-answers.js";
import type { Move } from "../failover.js";
import { type Finding, missing, ok, unsure } from "../finding.js";

/*
 * How the application lays out its backups: `dumps/<year>/<month>/<day>/<id>/`, the dump first and its manifest last, and
 * `restore-tests/<id>/…` once a drill has restored it. An id starts with the time of the backup.
 */
const MANIFEST = /^dumps\/\d{4}\/\d{2}\/\d{2}\/(?<id>(?<taken>\d{8}T\d{6}Z)-[0-9a-f]{8})\/manifest\.json$/;
const DUMP = /^dumps\/\d{4}\/\d{2}\/\d{2}\/(?<id>\d{8}T\d{6}Z-[0-9a-f]{8})\/notejam\.dump$/;
const PROOF = /^restore-tests\/(?<id>\d{8}T\d{6}Z-[0-9a-f]{8})\//;

const HOUR_MS = 3_600_000;
/** A backup every four hours, a quarter of an hour to replicate it, and one that may be running. */
const MOST_HOURS = 5;
/** A drill every week, and one that failed over the weekend. */
const MOST_DAYS_UNPROVEN = 9;

/** The dumps' replica, whether it can be restored from, and how much would be lost. */
export async function checkDumps(move: Move): Promise<Finding[]> {
  return ask("dumps", () => dumps(move));
}

async function dumps(move: Move): Promise<Finding[]> {
  const bucket = backupReplicaBucketName(move.sourceNames.globalName, move.accountId);
  const keys = await keysOf(move, bucket).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (keys === undefined) {
    const remedy = "there is nothing to restore from in this region; choose the environment's drRegion";
    return [missing("dumps", `there is no bucket ${bucket} in ${move.target.region}`, remedy)];
  }
  return judge(backupsAmong(keys), bucket, move);
}

async function keysOf({ target }: Move, bucket: string): Promise<string[]> {
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
  readonly proven: boolean;
}

/** Complete backups, the newest first: a dump without its manifest does not count, nor a manifest without its dump. */
function backupsAmong(keys: readonly string[]): Backup[] {
  const dumped = new Set(keys.map((key) => DUMP.exec(key)?.groups?.id));
  const proven = new Set(keys.map((key) => PROOF.exec(key)?.groups?.id));
  return keys
    .flatMap((key) => {
      const { id = "", taken = "" } = MANIFEST.exec(key)?.groups ?? {};
      return dumped.has(id) ? [{ id, taken: timeOf(taken), proven: proven.has(id) }] : [];
    })
    .sort((one, other) => other.taken.getTime() - one.taken.getTime());
}

/** @param compact such as `20270320T080000Z` */
function timeOf(compact: string): Date {
  return new Date(compact.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function judge(backups: readonly Backup[], bucket: string, { now }: Move): Finding[] {
  const [newest] = backups;
  if (newest === undefined) {
    const remedy = "nothing could be restored; look at the backup job and at the bucket's replication";
    return [missing("dumps", `${bucket} holds no complete backup`, remedy)];
  }
  return [newestFinding(newest, now), provenFinding(backups, now)];
}

function newestFinding(newest: Backup, now: Date): Finding {
  const hours = (now.getTime() - newest.taken.getTime()) / HOUR_MS;
  const seen = `newest is ${newest.id}: what was written in the last ${age(hours)} would be lost (RPO)`;
  if (hours <= MOST_HOURS) return ok("dumps", seen);
  return unsure("dumps", seen, "take a backup first, if the region that you leave still answers");
}

function provenFinding(backups: readonly Backup[], now: Date): Finding {
  const proven = backups.find((backup) => backup.proven);
  const remedy =
    "the newest backup is checked against its manifest when it is restored; run notejam restore-test weekly";
  if (proven === undefined) return unsure("dumps", "none has been verified by a restore test", remedy);
  const hours = (now.getTime() - proven.taken.getTime()) / HOUR_MS;
  const seen = `newest verified by a restore test is ${proven.id}, ${age(hours)} old`;
  return hours <= MOST_DAYS_UNPROVEN * 24 ? ok("dumps", seen) : unsure("dumps", seen, remedy);
}

function age(hours: number): string {
  if (hours < 1) return `${Math.max(0, Math.round(hours * 60))} minutes`;
  if (hours < 48) return `${hours.toFixed(1)} hours`;
  return `${(hours / 24).toFixed(1)} days`;
}
