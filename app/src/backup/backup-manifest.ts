import { z } from "zod";
import { BackupError } from "./backup-error.js";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.iso.datetime();
const count = z.number().int().min(0);

const tableContents = z.object({
  rows: count,
  /** Of the rows' content in these columns, whatever their order: see table-contents.ts. */
  sha256,
  columns: z.array(z.string()),
});

/** What one table held. */
export type TableContents = Readonly<z.output<typeof tableContents>>;

const manifest = z.object({
  format: z.literal("notejam-backup/1"),
  id: z.string(),
  /** When the snapshot was taken, by S3's clock. */
  takenAt: time,
  /** The last migration applied when the dump was made. */
  schemaVersion: count,
  /** PostgreSQL's, such as 17.5. */
  serverVersion: z.string(),
  /** pg_dump's. */
  clientVersion: z.string(),
  dump: z.object({
    key: z.string(),
    bytes: count,
    sha256,
    /** The bucket's version of it: a later upload to the same key is not this dump. */
    versionId: z.string().optional(),
  }),
  tables: z.record(z.string(), tableContents),
  /** Tables whose rows are not kept, only their definitions. */
  withoutRows: z.array(z.string()),
  startedAt: time,
  finishedAt: time,
  durationMs: count,
});

/** What a dump must hold, written after it: a dump without it does not count. */
export type Manifest = Readonly<z.output<typeof manifest>>;

/** Reads a manifest. @throws {BackupError} when it is not whole */
export function parseManifest(text: string, key: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new BackupError(
      `${key} is damaged: it is not JSON. Take another backup; \`notejam backups\` lists them.`,
    );
  }
  const result = manifest.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  throw new BackupError(
    `${key} is no manifest that this program can read (${problems}). If a newer Notejam wrote it, use that one; otherwise take another backup.`,
  );
}
