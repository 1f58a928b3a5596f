import { Listr, PRESET_TIMER } from "listr2";
import type { TerraformEvent } from "../terraform/events.js";

/** Output of a running step. */
export interface Step {
  /** Replaces the title on a terminal. Prints nothing elsewhere. */
  retitle(title: string): void;
  /** Shows the current operations below the title on a terminal. The next call replaces them. */
  working(lines: readonly string[]): void;
  /** Prints one of many events in a log. Prints nothing on a terminal. */
  log(line: string): void;
  /** Prints a result, which stays visible after the step. */
  note(line: string): void;
}

/** Display of a run's steps. */
export interface Progress {
  /** Runs a step under its title. @returns the result of the step */
  step<T>(title: string, work: (step: Step) => Promise<T>): Promise<T>;
}

/** Progress for logs, pipes and CI: a line at the start and end of each step, and one per resource. */
export function plainProgress(print: (line: string) => void): Progress {
  return {
    async step(title, work) {
      print(`${title} …`);
      const started = performance.now();
      const indented = (line: string) => print(`  ${line}`);
      const step: Step = { retitle: () => {}, working: () => {}, log: indented, note: indented };
      const result = await work(step);
      print(`${title}: done in ${seconds(performance.now() - started)}`);
      return result;
    },
  };
}

/** Maximum number of current operations below a title. */
const MAX_OPERATIONS_SHOWN = 8;

/** Progress for a terminal: a spinner per step, with the current operations below it. */
export function terminalProgress(): Progress {
  return {
    async step<T>(title: string, work: (step: Step) => Promise<T>): Promise<T> {
      const results: { readonly of: T }[] = [];
      const notes: string[] = [];
      const tasks = new Listr(
        [
          {
            title,
            task: async (_, task) => {
              const step: Step = {
                retitle: (text) => {
                  task.title = text;
                },
                working: (lines) => {
                  task.output = lines.slice(0, MAX_OPERATIONS_SHOWN).join("\n");
                },
                log: () => {},
                note: (line) => notes.push(line),
              };
              results.push({ of: await work(step) });
              task.output = "";
            },
            rendererOptions: { outputBar: 1 },
          },
        ],
        {
          // Ctrl-C is handled by the interruption, so that Terraform can save its state.
          registerSignalListeners: false,
          rendererOptions: { timer: PRESET_TIMER, showErrorMessage: false, collapseErrors: false },
        },
      );
      try {
        await tasks.run();
      } finally {
        for (const note of notes) process.stdout.write(`${wrapNote(note, process.stdout.columns)}\n`);
      }
      const [result] = results;
      if (result === undefined) {
        throw new Error(`The step "${title}" ended without a result.`);
      }
      return result.of;
    },
  };
}

const NOTE_INDENT = "    ";

/**
 * Breaks a note between words for a terminal, indented below the title of its step. Further lines are indented more.
 *
 * @param columns width of the terminal; 0 or undefined: unknown, the note stays one line
 */
export function wrapNote(note: string, columns: number | undefined): string {
  const lines: string[] = [];
  let line = NOTE_INDENT;
  for (const word of note.split(" ")) {
    const isStart = line.trim() === "";
    if (!isStart && columns && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = `${NOTE_INDENT}  ${word}`;
    } else {
      line = isStart ? `${line}${word}` : `${line} ${word}`;
    }
  }
  return [...lines, line].join("\n");
}

const PAST: Readonly<Record<string, string>> = {
  create: "created",
  update: "changed",
  delete: "removed",
  read: "read",
};

/** Shows the progress of each resource from Terraform's events. */
export class ResourceProgress {
  private readonly running = new Map<string, number>();
  private readonly title: string;
  private readonly step: Step;
  private readonly now: () => number;
  private planned = 0;
  private done = 0;
  private refreshed = 0;

  constructor(title: string, step: Step, now: () => number = () => performance.now()) {
    this.title = title;
    this.step = step;
    this.now = now;
  }

  /** Number of resources that were created, changed or removed so far. */
  get completed(): number {
    return this.done;
  }

  readonly onEvent = (event: TerraformEvent): void => {
    switch (event.type) {
      case "refresh_start":
        this.refreshed += 1;
        break;
      case "planned_change":
        this.planned += changesOf(event.change.action);
        break;
      case "change_summary":
        this.summarize(event.changes);
        break;
      case "apply_start":
        this.running.set(event.hook.resource.addr, this.now());
        break;
      case "apply_complete":
        this.complete(event.hook.resource.addr, event.hook.action, event.hook.elapsed_seconds);
        break;
      case "apply_errored":
        this.running.delete(event.hook.resource.addr);
        this.step.log(`${event.hook.resource.addr} failed`);
        break;
      case "refresh_complete":
      case "diagnostic":
        break;
    }
    this.show();
  };

  /** Updates the durations of running operations. Called regularly for a terminal. */
  show(): void {
    this.step.retitle(this.headline());
    const operations = [...this.running].sort(([, a], [, b]) => a - b);
    this.step.working(operations.map(([address, since]) => `${address} ${seconds(this.now() - since)}`));
  }

  private headline(): string {
    if (this.planned > 0) {
      return `${this.title}  ${this.done}/${this.planned}`;
    }
    return this.refreshed > 0 ? `${this.title}  comparing ${this.refreshed} resources` : this.title;
  }

  private summarize({
    add,
    change,
    remove,
    operation,
  }: {
    add: number;
    change: number;
    remove: number;
    operation: string;
  }) {
    if (operation === "plan") {
      this.step.note(
        add + change + remove === 0
          ? "nothing to change"
          : `${add} to create, ${change} to change, ${remove} to remove`,
      );
    }
  }

  private complete(address: string, action: string | undefined, elapsed: number): void {
    this.running.delete(address);
    if (action === "read") {
      return;
    }
    this.done += 1;
    this.step.log(`${this.done}/${this.planned} ${address} ${PAST[action ?? ""] ?? "done"} (${elapsed} s)`);
  }
}

/** Returns the number of operations: a replacement is one planned change and two operations. */
function changesOf(action: string): number {
  if (action === "noop" || action === "read") {
    return 0;
  }
  return action === "replace" ? 2 : 1;
}

function seconds(milliseconds: number): string {
  return milliseconds < 10_000
    ? `${(milliseconds / 1000).toFixed(1)} s`
    : `${Math.round(milliseconds / 1000)} s`;
}
