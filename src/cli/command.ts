import type { Command } from "commander";
import type { CommandContext } from "./context.js";

/** Module of one command: adds description, options and action to a command that already has its name. */
export interface CommandModule {
  readonly define: (command: Command, context: CommandContext) => void;
}

/** Command that is loaded when it is called, so that help and other commands start fast. */
export interface LazyCommand {
  readonly name: string;
  /** Description in the list of commands. */
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

/** Group of commands. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly LazyCommand[];
}
