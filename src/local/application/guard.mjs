/**
 * Runs a program that must not outlive whoever started it: `node guard.mjs <signal> <program> <argument…>`.
 *
 * Its standard input is a pipe that the starter holds open and never writes to. When it closes, whatever ended the
 * starter (kill -9 too), the program gets `<signal>`, and is killed when that does not help. Signals are passed on; the
 * exit status is the program's.
 *
 * Plain JavaScript, so that it runs at once, without a loader.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";

const LAST_PATIENCE_MS = 10_000;
const NOT_STARTED = 127;

const [signalAtEnd, program, ...args] = process.argv.slice(2);

// Before there is a program: a signal that comes in between must not leave it alone.
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
  setTimeout(() => child.kill("SIGKILL"), LAST_PATIENCE_MS);
});
