import * as z from "zod";
import { field, flag, object, wholeNumber } from "./field.js";

/** Aurora PostgreSQL version of environments without `database.engineVersion`. */
export const DEFAULT_ENGINE_VERSION = "17.9";

const INSTANCE_CLASS = /^db\.(t3\.(medium|large)|t4g\.(medium|large)|(r\d[a-z]*|x2[a-z]+)\.\d*x?large)$/;

/** Minimum retention of backups in days: users can ask for a deleted note for three years. */
const MIN_BACKUP_RETENTION_DAYS = 1095;

const readerCount = wholeNumber(
  1,
  15,
  "readers; at least one takes over when the zone of the writer fails, 15 is the Aurora limit",
);

/** Aurora PostgreSQL cluster: a writer, and readers in other zones. */
export const databaseSchema = object(
  {
    /** Aurora PostgreSQL version `17.<minor>`. @default "17.9" */
    engineVersion: field(
      z.string().regex(/^17\.\d{1,2}$/),
      "a version of Aurora PostgreSQL 17 as a string (the parameter group family is aurora-postgresql17)",
      'write it in quotes, such as "17.9"',
    ).default(DEFAULT_ENGINE_VERSION),
    /** Instance class of writer and readers. @default "db.t3.medium" */
    instanceClass: field(
      z.string().regex(INSTANCE_CLASS),
      "an instance class of Aurora PostgreSQL: db.t3 or db.t4g (medium, large), db.r… or db.x2…",
      'write it like "db.t3.medium" or "db.r6g.large"',
    ).default("db.t3.medium"),
    /** Limits of Aurora Auto Scaling, in readers, 1 to 15. @default { min: 1, max: 2 } */
    readers: object(
      { min: readerCount.default(1), max: readerCount.default(2) },
      "{ min: 1, max: 3 }, in readers",
    ).prefault({}),
    /** Retention of point-in-time recovery in days, 7 to 35. @default 35 */
    backupRetentionDays: wholeNumber(
      7,
      35,
      "days of point-in-time recovery; 35 is the Aurora limit",
      "write 35",
    ).default(35),
    /** True: AWS rejects the deletion of the cluster. @default true */
    deletionProtection: flag().default(true),
    /** True: AWS takes a snapshot when the cluster is deleted. @default true */
    finalSnapshot: flag().default(true),
  },
  '{ instanceClass: "db.r6g.large" }; fields that are left out keep their defaults',
).prefault({});

/** Logical backups of the database. */
export const backupsSchema = object(
  {
    /** Retention of each backup in days, 1,095 (three years) to 36,500. @default 1095 */
    retentionDays: wholeNumber(
      MIN_BACKUP_RETENTION_DAYS,
      36_500,
      "days; users can ask for a deleted note for three years",
      `write ${MIN_BACKUP_RETENTION_DAYS} or more`,
    ).default(MIN_BACKUP_RETENTION_DAYS),
    /** S3 Object Lock mode: GOVERNANCE allows early deletion with a special permission, COMPLIANCE never. @default "GOVERNANCE" */
    objectLockMode: field(
      z.enum(["GOVERNANCE", "COMPLIANCE"]),
      '"GOVERNANCE" (a special permission allows early deletion) or "COMPLIANCE" (early deletion is impossible)',
      'write "GOVERNANCE" or "COMPLIANCE"',
    ).default("GOVERNANCE"),
  },
  '{ retentionDays: 1095, objectLockMode: "GOVERNANCE" }',
).prefault({});
