import { Command, InvalidArgumentError } from "commander";
import { MissingTool } from "./emulator/missing-tool.js";
import { exitCodeOf, Interruption } from "./interruption.js";
import { errorCode, explainFileError, Interrupted, LocalProblem } from "./problem.js";
import { plainProgress, terminalProgress } from "./progress.js";
import { destroyLocal, type LocalRunProps, runLocal } from "./session.js";
import { StateFolder, writeWhole } from "./state-folder.js";

interface Options {
  readonly env?: string[];
  readonly port?: number;
  readonly fresh?: boolean;
  readonly destroy?: boolean;
  readonly once?: boolean;
  readonly app: boolean;
  readonly appPort?: number;
  readonly check?: boolean;
  readonly parallelism: number;
  readonly state: string;
}

const DEFAULT_ENVIRONMENT = "dev";

function commandLine(): Command {
  return new Command("npm start --")
    .description(
      "Raises an environment on this machine: the stacks are synthesized and applied by Terraform to an emulated AWS that keeps its contents between runs, and Notejam runs in it with the environment of its pods. No cloud account is touched.",
    )
    .option("-e, --env <name...>", `environments to raise (default: ${DEFAULT_ENVIRONMENT})`)
    .option(
      "-p, --port <number>",
      "port of the emulated AWS on 127.0.0.1 (default: a free one)",
      wholeNumber(0, 65_535),
    )
    .option("--no-app", "leave Notejam itself out: only what Terraform makes")
    .option(
      "--app-port <number>",
      "port of Notejam on 127.0.0.1 (default: the pod's, or a free one; 0: a free one)",
      wholeNumber(0, 65_535),
    )
    .option("--once", "end after the table instead of staying until Ctrl-C")
    .option("--check", "plan again even if nothing changed since the last complete apply")
    .option("--fresh", "start over from an empty account")
    .option("--destroy", "destroy what stands, say what remains, and remove the state folder")
    .option("--state <folder>", "where everything is kept between runs", ".notejam")
    .option("--parallelism <number>", "operations that Terraform runs at once", wholeNumber(1, 256), 20);
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

async function main(): Promise<number> {
  const command = commandLine().parse();
  const options = command.opts<Options>();
  const folder = new StateFolder(options.state);
  const interruption = new Interruption((signal) => {
    process.stderr.write(`\nStopping (${signal}): what runs saves what it has. Again to insist.\n`);
  });
  const stopListening = interruption.listen();
  // Whoever read our lines is gone (`npm start | head`): end well, as on Ctrl-C.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => {
      if (!interruption.requested) {
        interruption.request("SIGPIPE");
      }
    });
  }
  try {
    const props: LocalRunProps = {
      projectFolder: process.cwd(),
      folder,
      environments: [...new Set(options.env ?? [DEFAULT_ENVIRONMENT])],
      ...(options.port === undefined || options.port === 0 ? {} : { port: options.port }),
      fresh: options.fresh ?? false,
      check: options.check ?? false,
      once: options.once ?? false,
      application: options.app,
      ...(options.appPort === undefined ? {} : { applicationPort: options.appPort }),
      parallelism: options.parallelism,
      progress: process.stdout.isTTY ? terminalProgress() : plainProgress(print),
      interruption,
      print,
    };
    await (options.destroy ? destroyLocal(props) : runLocal(props));
    return 0;
  } catch (error) {
    return report(error, folder);
  } finally {
    stopListening();
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Says in plain words what went wrong. @returns the exit code */
function report(error: unknown, folder: StateFolder): number {
  if (error instanceof Interrupted) {
    process.stderr.write(
      `Stopped. What was made so far is kept in ${folder.path}: npm start goes on from there.\n`,
    );
    return exitCodeOf(error);
  }
  const known = explainFileError(error, "work", folder.path);
  if (known instanceof LocalProblem || known instanceof MissingTool) {
    process.stderr.write(`\n${known.message}\n`);
    return 1;
  }
  process.stderr.write(`\n${unexpected(error, folder)}\n`);
  return 1;
}

/** A fault of this program: one line for the screen, the rest for whoever looks into it. */
function unexpected(error: unknown, folder: StateFolder): string {
  const summary = error instanceof Error ? error.message : String(error);
  const details = error instanceof Error ? (error.stack ?? summary) : summary;
  try {
    writeWhole(folder.errorLog, `${details}\n`);
    return `Something unforeseen went wrong: ${summary}. Details are in ${folder.errorLog}.`;
  } catch (second) {
    return `Something unforeseen went wrong: ${summary} (${errorCode(second) ?? "and its details cannot be kept"}).`;
  }
}

process.exitCode = await main();
