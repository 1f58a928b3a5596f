import autocannon from "autocannon";
import { Browser, PASSWORD } from "../e2e/browser.js";
import { buildProgram, type Program } from "../e2e/built-app.js";
import { NotejamProcess } from "../e2e/notejam-process.js";
import { cpuOf, cpuOfFamily, peakMemory, residentMemory } from "../e2e/process-usage.js";
import { seedNotebook } from "../e2e/seed-notebook.js";
import { PostgresServer } from "../test/postgres-server.js";
import { BUDGETS, type Budget, MEMORY, P99_AT_HALF, P99_IN_STORM, START_TO_READY } from "./budgets.js";
import { Disturbance } from "./disturbance.js";
import { pacedLoad, quantile } from "./paced-load.js";
import { type ReportLine, writeReport } from "./report.js";

const CONNECTIONS = 50;
const NOTEBOOK = { notes: 100, pads: 5 };
const READER = "reader@example.com";
const WRITER = "writer@example.com";
const DATABASE = "postgres";
/** Warm-up requests, which are not measured, for the JIT compiler. */
const WARM_UP = 4_000;
const SATURATED = 8;
const HALF = 8;
const STORM = 8;
/** Reads per second during the sign-in test: far from saturation, so that only the sign-ins can slow them down. */
const STORM_READS = 50;
const STORM_SIGN_INS = 20;
const STARTS = 5;

/** A request that is sent again and again. */
interface Load {
  readonly budget: Budget;
  readonly path: string;
  readonly cookie?: string;
  /** A form; without it the page is read. */
  readonly form?: Readonly<Record<string, string>>;
  /** Expected status. */
  readonly expected: number;
}

/** Measurement of one page. */
interface Measured {
  readonly load: Load;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly appCpu: number;
  readonly databaseCpu: number;
  readonly halfP99: number;
  readonly wrong: number;
  /** CPU usage of other programs during the measurement, in percent. */
  readonly disturbed: number;
}

const misses: string[] = [];
const report: ReportLine[] = [];
/** Highest CPU usage of other programs so far, in percent. */
let mostDisturbed = 0;

/** Formats a figure with its budget, and adds both to the report. */
function within(title: string, value: number, budget: number, unit: string, digits = 0): string {
  const met = value <= budget;
  report.push({ what: title, measured: `${value.toFixed(digits)} ${unit}`, budget: `${budget} ${unit}` });
  if (!met) misses.push(`${title}: ${value.toFixed(digits)} ${unit} instead of ${budget}`);
  return `${value.toFixed(digits)} ${met ? "≤" : ">"} ${budget} ${unit}${met ? "" : "  MISSED"}`;
}

function formHeaders({ cookie, form }: Load): Record<string, string> {
  return {
    ...(cookie ? { cookie } : {}),
    ...(form ? { "content-type": "application/x-www-form-urlencoded" } : {}),
  };
}

/** The request as it goes over the network. */
function requestOf(load: Load): string {
  const body = load.form ? new URLSearchParams(load.form).toString() : "";
  const headers = { host: "notejam", ...formHeaders(load), ...(body && { "content-length": body.length }) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${body ? "POST" : "GET"} ${load.path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

function saturate(
  url: string,
  load: Load,
  until: { duration: number } | { amount: number },
  connections = CONNECTIONS,
) {
  return autocannon({
    url: url + load.path,
    connections,
    ...until,
    headers: formHeaders(load),
    ...(load.form ? { method: "POST", body: new URLSearchParams(load.form).toString() } : {}),
  });
}

function countWrong(result: autocannon.Result, expected: number): number {
  const right = result.statusCodeStats?.[`${expected}`]?.count ?? 0;
  return result.requests.total - right + result.errors + result.timeouts;
}

async function measure(notejam: NotejamProcess, database: number, load: Load): Promise<Measured> {
  await saturate(notejam.url, load, { amount: WARM_UP });
  const disturbance = new Disturbance(notejam.pid, database);
  const before = { app: cpuOf(notejam.pid), database: cpuOfFamily(database) };
  const full = await saturate(notejam.url, load, { duration: SATURATED });
  const requests = full.requests.total;
  const appCpu = (cpuOf(notejam.pid) - before.app) / requests;
  const databaseCpu = (cpuOfFamily(database) - before.database) / requests;
  const rate = requests / full.duration;

  const half = await pacedLoad({
    port: notejam.port,
    request: requestOf(load),
    expected: load.expected,
    rate: rate / 2,
    seconds: HALF,
    connections: CONNECTIONS,
  });
  return {
    load,
    rate,
    p50: full.latency.p50,
    p99: full.latency.p99,
    appCpu,
    databaseCpu,
    halfP99: half.p99,
    wrong: countWrong(full, load.expected) + half.wrong,
    disturbed: disturbance.percent(),
  };
}

function print({ load, rate, p50, p99, appCpu, databaseCpu, halfP99, wrong, disturbed }: Measured): void {
  const { title, cpu, django } = load.budget;
  mostDisturbed = Math.max(mostDisturbed, disturbed);
  report.push({
    what: title,
    measured: `${rate.toFixed(0)} requests/s, p50 ${p50} ms, p99 ${p99} ms`,
    budget: "",
  });
  const compared = django === undefined ? "" : `  (Django: ${django})`;
  console.log(`
${title}
  ${CONNECTIONS} connections      ${rate.toFixed(0)} requests/s, p50 ${p50} ms, p99 ${p99} ms
  application         ${within(`${title}, application`, appCpu, cpu, "CPU-ms per request", 2)}${compared}
  database            ${databaseCpu.toFixed(2)} CPU-ms per request
  at half that rate   p99 ${within(`${title}, p99 at half of saturation`, halfP99, P99_AT_HALF, "ms", 1)}
  other programs      ${disturbed.toFixed(0)} % of the processors`);
  if (wrong > 0) misses.push(`${title}: ${wrong} wrong answers`);
}

async function storm(notejam: NotejamProcess, database: number, reads: Load, signIn: Load): Promise<void> {
  const disturbance = new Disturbance(notejam.pid, database);
  const signingIn = saturate(notejam.url, signIn, { duration: STORM }, STORM_SIGN_INS);
  const seen = await pacedLoad({
    port: notejam.port,
    request: requestOf(reads),
    expected: reads.expected,
    rate: STORM_READS,
    seconds: STORM - 1,
    connections: CONNECTIONS,
  });
  const signedIn = await signingIn;
  console.log(`
${STORM_SIGN_INS} users signing in at once, without pause
  sign-ins            ${(signedIn.requests.total / signedIn.duration).toFixed(0)} per second, p99 ${signedIn.latency.p99} ms
  list, ${STORM_READS} per second  p50 ${seen.p50.toFixed(1)} ms, p99 ${within("p99 of reads while many sign in", seen.p99, P99_IN_STORM, "ms", 1)}
  other programs      ${disturbance.percent().toFixed(0)} % of the processors`);
  mostDisturbed = Math.max(mostDisturbed, disturbance.percent());
  const wrong = countWrong(signedIn, signIn.expected) + seen.wrong;
  if (wrong > 0) misses.push(`sign-in storm: ${wrong} wrong answers`);
}

async function timeStarts(program: Program, databaseUrl: string): Promise<void> {
  const times: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    const notejam = await NotejamProcess.start({ program, databaseUrl, environment: { DRAIN_SECONDS: "0" } });
    times.push(notejam.readyAfter);
    await notejam.end();
  }
  console.log(`
start to ready        ${within("start to ready", quantile(times, 0.5), START_TO_READY, "ms")} (median of ${STARTS}: ${times.map((time) => time.toFixed(0)).join(", ")})`);
}

async function loadsOf(port: number, server: PostgresServer) {
  const visitor = new Browser(port);
  const signInForm = await visitor.fieldsOf("/signin/");
  const reader = new Browser(port);
  await reader.enter(READER);
  await seedNotebook(server, DATABASE, READER, NOTEBOOK);
  const writer = new Browser(port);
  await writer.enter(WRITER);
  const found = await server.query(DATABASE, "select max(id)::int as id from notes");
  const note = {
    ...(await writer.fieldsOf("/notes/create/")),
    name: "A note written under load",
    text: "It has a few lines.\r\n".repeat(20),
  };
  const cookie = reader.cookieHeader;
  for (const browser of [visitor, reader, writer]) browser.close();
  const pages: Load[] = [
    { budget: BUDGETS.signIn, path: "/signin/", cookie: visitor.cookieHeader, expected: 200 },
    { budget: BUDGETS.list, path: "/", cookie, expected: 200 },
    { budget: BUDGETS.note, path: `/notes/${found.rows[0].id}/`, cookie, expected: 200 },
    {
      budget: BUDGETS.create,
      path: "/notes/create/",
      cookie: writer.cookieHeader,
      form: note,
      expected: 303,
    },
  ];
  const signIn: Load = {
    budget: BUDGETS.signIn,
    path: "/signin/",
    cookie: visitor.cookieHeader,
    form: { ...signInForm, email: READER, password: PASSWORD },
    expected: 303,
  };
  const list: Load = { budget: BUDGETS.list, path: "/", cookie, expected: 200 };
  return { pages, list, signIn };
}

async function bench(program: Program, server: PostgresServer, version: string): Promise<void> {
  const databaseUrl = server.url(DATABASE);
  const notejam = await NotejamProcess.start({ program, databaseUrl, arguments: ["--migrate"] });
  try {
    const { pages, list, signIn } = await loadsOf(notejam.port, server);
    console.log(
      `Notejam, one process on Node ${process.versions.node}, PostgreSQL ${version} and the load on the same machine.
${NOTEBOOK.notes} notes and ${NOTEBOOK.pads} pads.`,
    );
    let memory = 0;
    const watch = setInterval(() => {
      memory = Math.max(memory, residentMemory(notejam.pid));
    }, 100);
    for (const page of pages) print(await measure(notejam, server.pid, page));
    clearInterval(watch);
    console.log(`
memory under load     ${within("memory", memory, MEMORY, "MB")}`);
    await storm(notejam, server.pid, list, signIn);
    console.log(`  memory, at most     ${peakMemory(notejam.pid).toFixed(0)} MB`);
  } finally {
    await notejam.end("SIGKILL");
  }
  await timeStarts(program, databaseUrl);
}

const server = await PostgresServer.start();
const program = await buildProgram();
const version = String((await server.query(DATABASE, "show server_version")).rows[0].server_version);
try {
  await bench(program, server, version);
} finally {
  program.remove();
  await server.remove();
}
const written = writeReport(report, version, mostDisturbed);
console.log(
  written
    ? "\nWrote docs/performance.md."
    : `\nDid not write docs/performance.md: other programs took ${mostDisturbed.toFixed(0)} % of the processors.`,
);
console.log(misses.length === 0 ? "\nAll budgets are met." : `\nMissed:\n  ${misses.join("\n  ")}`);
process.exitCode = misses.length === 0 ? 0 : 1;
