import { Readable } from "node:stream";
import { MANIFEST } from "./export-manifest.js";
import { fileName } from "./file-names.js";
import type { ExportedNote, ImportExportRepository } from "./repository.js";
import { type ZipEntry, zip } from "./zip-writer.js";

/** Approximate size of a chunk of the manifest, in characters. */
const PIECE = 64 * 1024;

/** Path of a note in the ZIP: unique by its id, in a folder with the name of its pad. */
function fileOf({ id, name, padName, deletedAt }: ExportedNote): string {
  const folder = padName === null ? "No pad" : fileName(padName);
  return `${deletedAt === null ? "Notes" : "Trash"}/${folder}/${fileName(name)}-${id}.txt`;
}

async function* manifestPieces(importExport: ImportExportRepository, userId: number): AsyncGenerator<Buffer> {
  const pads = await importExport.pads(userId);
  let text = `{"format":"notejam","version":1,\n"pads":[\n${pads.map((pad) => JSON.stringify(pad)).join(",\n")}],\n"notes":[\n`;
  let separator = "";
  for await (const note of importExport.notes(userId)) {
    const { id: _, padName: __, ...rest } = note;
    text += `${separator}${JSON.stringify({ file: fileOf(note), ...rest })}`;
    separator = ",\n";
    if (text.length < PIECE) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(`${text}\n]}\n`);
}

async function* entries(importExport: ImportExportRepository, userId: number): AsyncGenerator<ZipEntry> {
  for await (const note of importExport.notesWithTexts(userId)) {
    yield { path: fileOf(note), modified: new Date(note.updatedAt), content: Buffer.from(note.text) };
  }
  // Last, so that a note created during the export is at worst listed without its text. Imports skip such notes.
  yield { path: MANIFEST, modified: new Date(), content: manifestPieces(importExport, userId) };
}

/** Exports everything a user owns as a ZIP stream. Fails before the first byte if the database is unavailable. */
export async function exportZip(importExport: ImportExportRepository, userId: number): Promise<Readable> {
  const pieces = zip(entries(importExport, userId));
  const first = await pieces.next();
  async function* all(): AsyncGenerator<Buffer> {
    if (!first.done) yield first.value;
    yield* pieces;
  }
  return Readable.from(all(), { objectMode: false, highWaterMark: PIECE });
}
