import { setTimeout as pause } from "node:timers/promises";
import type { PostgresServer } from "../test/postgres-server.js";
import { Browser, NoAnswer } from "./browser.js";

const READERS = 3;
const WRITERS = 6;
/** Pause of a user between two requests, in milliseconds. */
const THINKING = 15;

/** Response to one request. */
interface Outcome {
  readonly kind: "read" | "write";
  /** Name of the note that was to be written. */
  readonly name: string;
  /** 0 without a response. */
  readonly status: number;
  /** True if the response said that the note was not saved. */
  readonly denied: boolean;
  /** True if a rejection had the header Retry-After. */
  readonly hasRetryAfter: boolean;
  readonly at: number;
}

/** Result of a simulation. */
export interface Account {
  readonly reads: number;
  readonly acknowledged: number;
  /** Number of responses by status; 0 for requests without a response. */
  readonly refused: Readonly<Record<string, number>>;
  /** Acknowledged notes that are missing. */
  readonly lost: number;
  /** Notes that were stored more than once. */
  readonly doubled: number;
  /** Notes that were stored although the response said that they were not. */
  readonly wronglyDenied: number;
  /** Rejections without the header Retry-After. */
  readonly withoutRetryAfter: number;
}

let series = 0;

/** Simulated users that read and write notes all the time and record every response. */
export class SimulatedUsers {
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
  static async start(port: number): Promise<SimulatedUsers> {
    const browser = new Browser(port);
    const people = new SimulatedUsers(browser);
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
      const response = await act(name).catch((error: unknown) => {
        if (error instanceof NoAnswer) return undefined;
        throw error;
      });
      this.#outcomes.push({
        kind,
        name,
        status: response?.status ?? 0,
        denied: response?.body.includes("Your change was not saved") ?? false,
        hasRetryAfter: response?.headers["retry-after"] !== undefined,
        at: performance.now(),
      });
      await pause(THINKING);
    }
  }

  /** Time until the first note was saved, and until no request was rejected any more, in milliseconds. */
  recoveredAfter(moment: number): number {
    const later = this.#outcomes.filter(({ at }) => at > moment);
    const saved = later.find((outcome) => outcome.kind === "write" && isGood(outcome));
    const refused = later.filter((outcome) => !isGood(outcome));
    return Math.max(saved?.at ?? Number.POSITIVE_INFINITY, ...refused.map(({ at }) => at)) - moment;
  }

  /** Waits for all users and compares the recorded responses with the database. */
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
      withoutRetryAfter: bad.filter(({ hasRetryAfter }) => !hasRetryAfter).length,
    };
  }
}

function isGood({ kind, status }: Outcome): boolean {
  return status === (kind === "read" ? 200 : 303);
}
