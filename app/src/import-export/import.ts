import { isUtf8 } from "node:buffer";
import { MAX_TEXT_BYTES } from "../forms/form.js";
import {
  hasTooManyValues,
  MANIFEST,
  type Manifest,
  type ManifestNote,
  manifestSchema,
} from "./export-manifest.js";
import { MAX_MANIFEST_BYTES, MAX_TOTAL_BYTES } from "./limits.js";
import type { ImportExportRepository, ImportedNote, Importing } from "./repository.js";
import { UnreadableZip, ZipReader } from "./zip-reader.js";

/** The file is not an export of Notejam, or was modified. The message is shown to the user. */
export class UnusableImport extends Error {
  override readonly name = "UnusableImport";
}

/** Result of an import. */
export interface ImportResult {
  readonly added: number;
  /** Number of notes that already existed. */
  readonly known: number;
}

/** Maximum number of notes per statement, and maximum size of their texts, in bytes. */
const BATCH_NOTES = 500;
const BATCH_BYTES = 4 * 1024 * 1024;

async function readManifest(zip: ZipReader): Promise<Manifest> {
  if (!zip.has(MANIFEST)) {
    throw new UnusableImport(`This is not an export of Notejam: the file ${MANIFEST} is missing.`);
  }
  const text = await zip.read(MANIFEST, MAX_MANIFEST_BYTES);
  if (hasTooManyValues(text)) {
    throw new UnusableImport(`The file ${MANIFEST} has too many entries.`);
  }
  let content: unknown;
  try {
    content = JSON.parse(text.toString("utf8"));
  } catch {
    throw new UnusableImport(`The file ${MANIFEST} is not valid JSON.`);
  }
  const result = manifestSchema.safeParse(content);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new UnusableImport(`The file ${MANIFEST} is invalid at ${issue?.path.join(".")}: ${issue?.message}.`);
}

/** Imports an export completely or not at all. @throws {UnusableImport} */
export async function importZip(
  importExport: ImportExportRepository,
  userId: number,
  path: string,
): Promise<ImportResult> {
  try {
    const zip = await ZipReader.open(path);
    try {
      const manifest = await readManifest(zip);
      return await importExport.importing(userId, (importing) => importAll(importing, zip, manifest));
    } finally {
      zip.close();
    }
  } catch (error) {
    if (!(error instanceof UnreadableZip)) throw error;
    throw new UnusableImport(`This ZIP file cannot be read: ${error.message}.`);
  }
}

/** Returns true if the note was trashed with its pad. Only then it is hidden in the trash list. */
function wentWithPad(note: Omit<ManifestNote, "file">, trashedPads: ReadonlySet<number>): boolean {
  return note.deletedWithPad && note.deletedAt !== null && note.pad !== null && trashedPads.has(note.pad);
}

async function importAll(importing: Importing, zip: ZipReader, manifest: Manifest): Promise<ImportResult> {
  const pads = await importing.pads(manifest.pads);
  const trashedPads = new Set(manifest.pads.filter((pad) => pad.deletedAt !== null).map(({ id }) => id));
  let batch: ImportedNote[] = [];
  let bytes = 0;
  let total = 0;
  let added = 0;
  let read = 0;
  const store = async (): Promise<void> => {
    if (batch.length > 0) added += await importing.notes(batch);
    batch = [];
    bytes = 0;
  };
  for (const { file, ...note } of manifest.notes) {
    // Created during the export.
    if (!zip.has(file)) continue;
    const content = await zip.read(file, MAX_TEXT_BYTES);
    total += content.length;
    if (total > MAX_TOTAL_BYTES) throw new UnusableImport("The notes are too large for one import.");
    if (!isUtf8(content)) throw new UnusableImport(`The file ${file} is not UTF-8 text.`);
    const text = content.toString("utf8").replaceAll("\0", "");
    if (text === "") continue;
    read += 1;
    const pad = note.pad === null ? null : (pads.get(note.pad) ?? null);
    batch.push({ ...note, pad, deletedWithPad: wentWithPad(note, trashedPads), text });
    bytes += content.length;
    if (batch.length >= BATCH_NOTES || bytes >= BATCH_BYTES) await store();
  }
  await store();
  return { added, known: read - added };
}
