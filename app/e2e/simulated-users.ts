import { setTimeout as pause } from "node:timers/promises";
import type { PostgresServer } from "../test/postgres-server.js";
import { Browser, NoAnswer } from "./browser.js";

const READERS = 3;
const WRITERS = 6;
/** What a person needs to read and think, in milliseconds. */
const THINKING = 15;

/** What was answered to one request. */
interface Outcome {
  readonly kind: "read" | "write";
  /** Name of the note that was to be written. */
  readonly name: string;
  /** 0 when there was no answer. */
  readonly status: number;
  /** Whether the answer said that the note certainly was not saved. */
  readonly denied: boolean;
  /** Whether a refusal told when to come again. */
  readonly toldWhen: boolean;
  readonly at: number;
}

/** What became of everything that people did. */
export interface Account {
  readonly reads: number;
  readonly acknowledged: number;
  /** Answers by status; 0 counts requests without an answer. */
  readonly refused: Readonly<Record<string, number>>;
  /** Notes that were acknowledged and are not there. */
  readonly lost: number;
  /** Notes that are there more than once. */
  readonly doubled: number;
  /** Notes that are there although the answer denied it. */
  readonly wronglyDenied: number;
  /** Refusals that did not tell when to come again. */
  readonly withoutRetryAfter: number;
}

let series = 0;

/** Several people who read and write notes all the time, and remember what they were told. */
export class WorkingPeople {
  readonly #browser: Browser;
  readonly #outcomes: Outcome[] = [];
  readonly #prefix: string;
  #working: Promise<unknown> = Promise.resolve();
  #stop = false;
  #number = 0;

  private constructor(browser: Browser) {
    series += 1;
    this.#prefix = `work ${series}-`;
    this.#browser = browser;
  }

  /** Starts them. @param port where Notejam is */
  static async start(port: number): Promise<WorkingPeople> {
    const browser = new Browser(port);
    const people = new WorkingPeople(browser);
    await browser.enter(`worker${series}@example.com`);
    const fields = await browser.fieldsOf("/notes/create/");
    people.#working = Promise.all([
      ...Array.from({ length: READERS }, () => people.#repeat("read", () => browser.get("/"))),
      ...Array.from({ length: WRITERS }, () =>
        people.#repeat("write", (name) => browser.post("/notes/create/", { ...fields, name, text: "text" })),
      ),
    ]);
    return people;
  }

  async #repeat(kind: Outcome["kind"], act: (name: string) => ReturnType<Browser["get"]>): Promise<void> {
    while (!this.#stop) {
      this.#number += 1;
      const name = `${this.#prefix}${this.#number}`;
      const told = await act(name).catch((error: unknown) => {
        if (error instanceof NoAnswer) return undefined;
        throw error;
      });
      this.#outcomes.push({
        kind,
        name,
        status: told?.status ?? 0,
        denied: told?.body.includes("Your change was not saved") ?? false,
        toldWhen: told?.headers["retry-after"] !== undefined,
        at: performance.now(),
      });
      await pause(THINKING);
    }
  }

  /** From a moment until the first note was saved, and until nothing was refused any more, in milliseconds. */
  recoveredAfter(moment: number): number {
    const later = this.#outcomes.filter(({ at }) => at > moment);
    const saved = later.find((outcome) => outcome.kind === "write" && isGood(outcome));
    const refused = later.filter((outcome) => !isGood(outcome));
    return Math.max(saved?.at ?? Number.POSITIVE_INFINITY, ...refused.map(({ at }) => at)) - moment;
  }

  /** Lets everybody finish, and compares what they were told with what is stored. */
  async finish(server: PostgresServer): Promise<Account> {
    this.#stop = true;
    await this.#working;
    this.#browser.close();
    const stored = await server.query(
      "postgres",
      `select name, count(*)::int as count from notes where name like '${this.#prefix}%' group by name`,
    );
    const counts = new Map(stored.rows.map(({ name, count }): [string, number] => [name, count]));
    const writes = this.#outcomes.filter(({ kind }) => kind === "write");
    const bad = this.#outcomes.filter((outcome) => !isGood(outcome));
    const refused: Record<string, number> = {};
    for (const { status } of bad) refused[status] = (refused[status] ?? 0) + 1;
    return {
      reads: this.#outcomes.filter((outcome) => outcome.kind === "read" && isGood(outcome)).length,
      acknowledged: writes.filter(isGood).length,
      refused,
      lost: writes.filter((write) => isGood(write) && !counts.has(write.name)).length,
      doubled: [...counts.values()].filter((count) => count > 1).length,
      wronglyDenied: writes.filter((write) => write.denied && counts.has(write.name)).length,
      withoutRetryAfter: bad.filter(({ toldWhen }) => !toldWhen).length,
    };
  }
}

function isGood({ kind, status }: Outcome): boolean {
  return status === (kind === "read" ? 200 : 303);
}
