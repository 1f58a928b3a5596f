import { Command, CommanderError } from "commander";
import { UserError } from "../user-error.js";
import { addDelivery } from "./delivery-commands.js";
import { NOT_DONE } from "./exit-status.js";
import type { Session } from "./pipeline-context.js";
import { addPlanning } from "./planning-commands.js";
import { oneLine } from "./problem.js";
import { addReporting } from "./reporting-commands.js";

/**
 * Does what the arguments ask for.
 *
 * @returns the exit status
 */
export async function runProgram(args: readonly string[], session: Session): Promise<number> {
  try {
    await program(session).parseAsync(args, { from: "user" });
    return session.status;
  } catch (error) {
    const message = messageOf(error);
    if (message !== undefined) session.complain(message);
    // Help is asked for, not mistaken.
    return error instanceof CommanderError && error.exitCode === 0 ? session.status : NOT_DONE;
  }
}

function program(session: Session): Command {
  const command = new Command("npm run pipeline --")
    .description(
      "What the workflows do, for people too. Ends with 0, 1 (it is not so) or 2 (it could not be found out).",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => session.print(text.trimEnd()),
      // Usage, which is asked for by no command at all, has many lines; an error has one.
      writeErr: (text) => session.complain(text.startsWith("error:") ? oneLine(text) : text.trimEnd()),
    });
  addPlanning(command, session);
  addReporting(command, session);
  addDelivery(command, session);
  return command;
}

/** What still has to be said; commander has said its part. */
function messageOf(error: unknown): string | undefined {
  if (error instanceof CommanderError) return undefined;
  if (error instanceof UserError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
