import { relative } from "node:path";
import type { Diagnostic } from "../diagnostic.js";

/** An error of a file as a whole. */
export function fileError(file: string, summary: string, hint: string): Diagnostic {
  return { severity: "error", check: "files", where: { source: displayPath(file) }, summary, hint };
}

/** Adds the file to a diagnostic. */
export function inFile(file: string, diagnostic: Diagnostic): Diagnostic {
  return { ...diagnostic, where: { ...diagnostic.where, source: displayPath(file) } };
}

/** Path from the working directory; absolute outside it. */
export function displayPath(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith("..") ? file : path;
}
