import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { errorCode } from "../error-text.js";
import { UserError } from "../user-error.js";

const Holder = z.object({ pid: z.number().int().positive(), started: z.string() });
type Holder = z.infer<typeof Holder>;

export interface Lock {
  /** True if the last holder ended without releasing the lock. Its work may be incomplete. */
  readonly wasAbandoned: boolean;
  release(): void;
}

/**
 * Locks a state folder, so that two runs never write the same state. Takes over a lock whose process has ended (after a
 * crash or a power failure).
 *
 * @throws UserError if another run holds the lock
 */
export function takeLock(file: string): Lock {
  const mine: Holder = { pid: process.pid, started: startOf(process.pid) };
  if (create(file, mine)) {
    return held(file, mine, false);
  }
  const holder = read(file);
  if (holder !== undefined && isAlive(holder)) {
    throw inUse(file, holder);
  }
  discard(file, holder);
  if (!create(file, mine)) {
    throw inUse(file, read(file));
  }
  return held(file, mine, true);
}

function held(file: string, mine: Holder, wasAbandoned: boolean): Lock {
  return {
    wasAbandoned,
    release: () => {
      if (read(file)?.pid === mine.pid) {
        rmSync(file, { force: true });
      }
    },
  };
}

/** Creates the file with its content atomically, as a link. */
function create(file: string, holder: Holder): boolean {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") {
      return false;
    }
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes a stale lock. Restores it if another run took over between reading and moving it. */
function discard(file: string, stale: Holder | undefined): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      return;
    }
    throw error;
  }
  const moved = read(aside);
  if (moved?.pid !== stale?.pid || moved?.started !== stale?.started) {
    linkSync(aside, file);
  }
  rmSync(aside, { force: true });
}

function read(file: string): Holder | undefined {
  try {
    return Holder.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

function inUse(file: string, holder: Holder | undefined): UserError {
  const who = holder === undefined ? "another run" : `process ${holder.pid}`;
  return new UserError(`The state folder is in use by ${who} (lock file ${file}).`, {
    hint: "Stop that run with Ctrl-C, or give this one its own folder (--state <folder>).",
  });
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (errorCode(error) !== "EPERM") {
      return false;
    }
  }
  return startOf(holder.pid) === holder.started;
}

/**
 * Returns the start time of a process, in clock ticks since boot. It distinguishes processes that had the same pid. Empty
 * without /proc: then only the pid is compared.
 */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Field 22. The command in field 2 may contain spaces: count from its closing parenthesis.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
