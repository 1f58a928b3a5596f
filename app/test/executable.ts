import { execFileSync } from "node:child_process";
import { chmodSync } from "node:fs";

/**
 * Writes a program for tests.
 *
 * A shell writes the file. If this process did, a program that another thread starts at the same moment would inherit the
 * open file, and Linux does not run a file that is open for writing (ETXTBSY).
 *
 * @param text - script with its `#!` line
 */
export function writeExecutable(file: string, text: string): void {
  execFileSync("/bin/sh", ["-c", 'printf %s "$1" > "$0"', file, text]);
  chmodSync(file, 0o755);
}
