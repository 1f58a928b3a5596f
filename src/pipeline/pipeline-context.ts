import { FINE } from "./exit-status.js";

/** One run of the program: what it may know of its surroundings, whom it speaks to, and how it ends. */
export interface Session {
  readonly env: NodeJS.ProcessEnv;
  /** Says what was found, in one line or several. */
  readonly print: (text: string) => void;
  /** Says what is wrong. */
  readonly complain: (text: string) => void;
  /** The exit status. */
  status: number;
}

/** A session with whoever started this process. */
export function processSession(): Session {
  // Whoever read our lines is gone (`| head`): go on, and end with the status of the work.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return {
    env: process.env,
    print: (text) => void process.stdout.write(`${text}\n`),
    complain: (text) => void process.stderr.write(`${text}\n`),
    status: FINE,
  };
}
