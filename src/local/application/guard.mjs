/**
 * Runs a program that must end with its parent process: `node guard.mjs <signal> <program> <argument…>`.
 *
 * Standard input is a pipe that the parent keeps open. When it closes, because the parent ended (also by kill -9), the
 * program gets `<signal>`, and SIGKILL after a time limit. Signals are forwarded. The exit status is the program's.
 *
 * Plain JavaScript, which starts without a loader.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";

const KILL_AFTER_MS = 10_000;
const NOT_STARTED = 127;

const [signalAtEnd, program, ...args] = process.argv.slice(2);

// Before the program starts, so that no signal is lost.
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) {
  process.on(signal, () => child.kill(signal));
}
const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });

child.on("error", ({ message }) => {
  console.error(message);
  process.exit(NOT_STARTED);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));

process.stdin.resume().on("close", () => {
  child.kill(signalAtEnd);
  setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
});
