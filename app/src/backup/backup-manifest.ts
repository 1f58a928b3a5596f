import { z } from "zod";
import { BackupError } from "./backup-error.js";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.iso.datetime();
const count = z.number().int().min(0);

const tableContents = z.object({
  rows: count,
  /** Checksum of these columns of all rows, independent of their order. See table-contents.ts. */
  sha256,
  columns: z.array(z.string()),
});

/** Content of one table. */
export type TableContents = Readonly<z.output<typeof tableContents>>;

const manifest = z.object({
  format: z.literal("notejam-backup/1"),
  id: z.string(),
  /** Time of the snapshot, by the clock of S3. */
  takenAt: time,
  /** Version of the last applied migration. */
  schemaVersion: count,
  /** Version of PostgreSQL, such as 17.5. */
  serverVersion: z.string(),
  /** Version of pg_dump. */
  clientVersion: z.string(),
  dump: z.object({
    key: z.string(),
    bytes: count,
    sha256,
    /** Object version of the dump. A later upload to the same key is another dump. */
    versionId: z.string().optional(),
  }),
  tables: z.record(z.string(), tableContents),
  /** Tables that are dumped without rows. */
  withoutRows: z.array(z.string()),
  startedAt: time,
  finishedAt: time,
  durationMs: count,
});

/** Content of a backup. Written after the dump: a dump without a manifest is incomplete. */
export type Manifest = Readonly<z.output<typeof manifest>>;

/** Parses a manifest. @throws {BackupError} if it is invalid */
export function parseManifest(text: string, key: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new BackupError(`${key} is not valid JSON. Use another backup: \`notejam backups\` lists them.`);
  }
  const result = manifest.safeParse(json);
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  throw new BackupError(
    `${key} is not a valid manifest (${errors}). Use the release that wrote it, or another backup.`,
  );
}
