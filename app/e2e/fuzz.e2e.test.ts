import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PostgresServer } from "../test/postgres-server.js";
import { Random } from "../test/random.js";
import { Browser } from "./browser.js";
import { buildProgram, type Program } from "./built-app.js";
import { malformedRequest, type Target } from "./malformed-requests.js";
import { NotejamProcess } from "./notejam-process.js";
import { residentMemory } from "./process-usage.js";
import { exchange, type RawRequest } from "./raw-exchange.js";
import { seedNotebook } from "./seed-notebook.js";

const ROUNDS = 6;
const REQUESTS_PER_ROUND = 1_500;
/** Number of imports that may run and wait at once. Further imports are rejected with 503. */
const AT_ONCE = 6;
/** Memory may differ by so much between two halves of the rounds without anything being kept, in megabytes. */
const MEMORY_SWING = 12;
/** FUZZ_SEED repeats a run. */
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);

/** Signs that an answer tells how the program works inside. */
const LEAKS = [
  /\n\s+at .+:\d+:\d+/,
  /node_modules/,
  /node:internal/,
  /\b(?:TypeError|RangeError|SyntaxError|URIError|DrizzleQueryError|FST_ERR)\b/,
  /\b(?:select|insert into|update) .+ (?:from|values|set) /i,
  /invalid input syntax|violates .+ constraint|PostgreSQL/,
];

let server: PostgresServer;
let program: Program;
let notejam: NotejamProcess;
let target: Target;
const failures: string[] = [];

beforeAll(async () => {
  server = await PostgresServer.start();
  program = await buildProgram();
  notejam = await NotejamProcess.start({
    program,
    databaseUrl: server.url("postgres"),
    arguments: ["--migrate"],
    environment: { DRAIN_SECONDS: "0" },
    onLog: (line) => {
      if (/"level":"(error|fatal)"/.test(line) || !line.startsWith("{")) failures.push(`log: ${line}`);
    },
  });
  target = await prepareTarget();
});

afterAll(async () => {
  await notejam?.end("SIGKILL");
  program?.remove();
  await server?.remove();
});

async function prepareTarget(): Promise<Target> {
  const browser = new Browser(notejam.port);
  await browser.enter("victim@example.com");
  await seedNotebook(server, "postgres", "victim@example.com", { notes: 60, pads: 3 });
  const { csrfmiddlewaretoken: token = "" } = await browser.fieldsOf("/notes/create/");
  const ids = await server.query(
    "postgres",
    "select (select min(id)::int from notes) as note, (select min(id)::int from pads) as pad",
  );
  const response = await fetch(`${notejam.url}/export/notejam.zip`, {
    headers: { cookie: browser.cookieHeader },
  });
  const exported = Buffer.from(await response.arrayBuffer());
  browser.close();
  return { cookie: browser.cookieHeader, token, noteId: ids.rows[0].note, padId: ids.rows[0].pad, exported };
}

/** Counts of answers by status, `none` for connections that were closed without one. */
const statuses = new Map<number | "none", number>();

async function tryOne(request: RawRequest): Promise<void> {
  const answer = await exchange(notejam.port, request);
  for (const status of answer.statuses.length > 0 ? answer.statuses : ["none" as const]) {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  const shown = JSON.stringify(request.bytes.subarray(0, 300).toString("latin1"));
  if (answer.hung) failures.push(`no answer to ${request.what}: ${shown}`);
  if (answer.statuses.some((status) => status >= 500)) {
    failures.push(`${answer.statuses.join()} to ${request.what}: ${shown}`);
  }
  const leak = LEAKS.find((sign) => sign.test(answer.text));
  if (leak)
    failures.push(`${leak} in the answer to ${request.what}: ${shown}\n${leak.exec(answer.text)?.[0]}`);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function round(random: Random): Promise<number> {
  let left = REQUESTS_PER_ROUND;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left > 0) {
        left -= 1;
        await tryOne(malformedRequest(random, target));
      }
    }),
  );
  // Connections that were cut are noticed, and garbage is collected.
  await pause(1_000);
  return residentMemory(notejam.pid);
}

it("answers thousands of malformed requests without an error, a leak or growing memory", async () => {
  const random = new Random(SEED);
  const memory: number[] = [];
  const start = performance.now();
  for (let number = 0; number < ROUNDS; number += 1) memory.push(await round(random));
  const seconds = (performance.now() - start) / 1000;
  const counts = [...statuses].sort().map(([status, count]) => `${status}: ${count}`);
  console.log(`${ROUNDS * REQUESTS_PER_ROUND} malformed requests in ${seconds.toFixed(0)} s (FUZZ_SEED=${SEED})
answers by status: ${counts.join(", ")}
memory after each ${REQUESTS_PER_ROUND}: ${memory.map((each) => each.toFixed(0)).join(", ")} MB`);

  expect(failures.slice(0, 20)).toEqual([]);
  expect(notejam.isRunning).toBe(true);
  const page = await fetch(notejam.url, { headers: { cookie: target.cookie }, redirect: "manual" });
  expect(page.status, "the person whose cookie was used is still signed in").toBe(200);
  // What a single round leaves depends on when garbage was collected last.
  const [before, after] = [memory.slice(0, ROUNDS / 2), memory.slice(ROUNDS / 2)].map(median);
  expect((after ?? Number.POSITIVE_INFINITY) - (before ?? 0)).toBeLessThan(MEMORY_SWING);
});

it("serves the next user normally", async () => {
  const browser = new Browser(notejam.port);
  await browser.enter("next@example.com");
  expect((await browser.get("/")).status).toBe(200);
  expect(
    (await browser.submit("/notes/create/", { name: "After all that", text: "still here" })).status,
  ).toBe(303);
  browser.close();
});
