import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { errorCode, LocalProblem } from "./problem.js";

const Holder = z.object({ pid: z.number().int().positive(), started: z.string() });
type Holder = z.infer<typeof Holder>;

export interface Lock {
  /** True when the last holder ended without releasing: what it was doing may be half done. */
  readonly previousEndedBadly: boolean;
  release(): void;
}

/**
 * Takes the lock file of a state folder, so that two runs never write the same state. A lock whose process is gone
 * (a crash, a pulled plug) is recognised and taken over.
 *
 * @throws LocalProblem when another run holds it
 */
export function takeLock(file: string): Lock {
  const mine: Holder = { pid: process.pid, started: startOf(process.pid) };
  if (create(file, mine)) {
    return held(file, mine, false);
  }
  const holder = read(file);
  if (holder !== undefined && isAlive(holder)) {
    throw refused(file, holder);
  }
  discard(file, holder);
  if (!create(file, mine)) {
    throw refused(file, read(file));
  }
  return held(file, mine, true);
}

function held(file: string, mine: Holder, previousEndedBadly: boolean): Lock {
  return {
    previousEndedBadly,
    release: () => {
      if (read(file)?.pid === mine.pid) {
        rmSync(file, { force: true });
      }
    },
  };
}

/** Makes the file with its content in one step: a link appears whole or not at all. */
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

/** Moves a stale lock aside; puts it back when somebody else took over between our look and our move. */
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

function refused(file: string, holder: Holder | undefined): LocalProblem {
  const who = holder === undefined ? "another run" : `process ${holder.pid}`;
  return new LocalProblem(
    `The state folder is in use by ${who} (lock file ${file}).`,
    "Stop that run with Ctrl-C, or give this one its own folder (--state <folder>).",
  );
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
 * When a process started, in clock ticks since boot, so that a pid that was given to another process in the
 * meantime is told apart. Empty where there is no /proc: there the pid alone decides.
 */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Field 22; the command in field 2 may hold spaces, so count from its closing parenthesis.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
