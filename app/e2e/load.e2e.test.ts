import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { P99_UNDER_LIMIT } from "../bench/budgets.js";
import { Disturbance } from "../bench/disturbance.js";
import { type MixedRequest, pacedMix, saturate } from "../bench/mixed-load.js";
import type { PacedResult } from "../bench/paced-load.js";
import { USUAL_MIX, usualMix } from "../bench/visitors.js";
import { PostgresServer } from "../test/postgres-server.js";
import { needs } from "../test/required-tools.js";
import { buildProgram, type Program } from "./built-app.js";
import { HaProxy } from "./haproxy.js";
import { NotejamProcess } from "./notejam-process.js";
import { cpuOf, cpuOfFamily } from "./process-usage.js";
import { ProcessorLimit } from "./processor-limit.js";

/*
 * Load of an event. Pods of the real size, the database and the visitors do not fit on a machine with two processors, so
 * the pods are small: each process is limited to 0.08 processors, even if the machine is idle. The capacity model
 * determines the number of processes.
 */

const ROOT = path.resolve(import.meta.dirname, "../..");
const DATABASE = "postgres";
/** Connections of one process: PostgreSQL's own limit is 100. */
const DATABASE_POOL = "3";
/** Processor of one process, in thousandths. */
const SHARE = 80;
/** Part of it that the autoscaler aims at. */
const TARGET = 0.5;
/** Environment whose minimum replicas, limits and event factor are used. */
const ENVIRONMENT = "prod";
const CONNECTIONS = 40;
const WARM_UP_SECONDS = 2;
const SECONDS = 10;
const CONTRAST_SECONDS = 4;

/** Result of the capacity model for a load. */
interface Prediction {
  readonly requestsPerSecond: number;
  readonly pods: number;
}

const limits: ProcessorLimit[] = [];
const processes: NotejamProcess[] = [];
let program: Program;
let server: PostgresServer;
let balancer: HaProxy;
let mix: MixedRequest[];
let peakOfOne = 0;
let usual: Prediction;
let event: Prediction;

const canLimit = (() => {
  const limit = ProcessorLimit.of(SHARE);
  limit?.remove();
  return limit !== undefined;
})();
if (!canLimit)
  console.warn("SKIPPED: four times the load needs a user who may limit processors: root on Linux");

/** Starts a process, lets it compile what it needs, and holds it to its share from then on. */
async function startPod(): Promise<NotejamProcess> {
  const first = processes.length === 0;
  const notejam = await NotejamProcess.start({
    program,
    databaseUrl: server.url(DATABASE),
    arguments: first ? ["--migrate"] : [],
    environment: { DATABASE_POOL },
  });
  processes.push(notejam);
  if (first) mix = await usualMix(notejam.port, server, DATABASE);
  await saturate(notejam.port, mix, 10, WARM_UP_SECONDS);
  const limit = ProcessorLimit.of(SHARE);
  limit?.hold(notejam.pid);
  if (limit) limits.push(limit);
  return notejam;
}

/** Adds processes behind the balancer until there are so many. */
async function growTo(pods: number): Promise<void> {
  while (processes.length < pods) await balancer.add((await startPod()).port);
}

/** Asks `npm run capacity`, with what has been measured here. */
async function askModel(requestsPerSecond: number, cost: Cost): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "notejam-load-"));
  const measured = path.join(folder, "measured.json");
  const measurement = {
    when: new Date().toISOString().slice(0, 10),
    where: "here",
    command: "e2e/load.e2e.test.ts",
    mix: USUAL_MIX,
    applicationMilliseconds: cost.application,
    databaseMilliseconds: cost.database,
  };
  writeFileSync(measured, JSON.stringify(measurement));
  const load = ["--requests-per-second", `${requestsPerSecond}`];
  const asked = ["--env", ENVIRONMENT, "--measured", measured, "--pod-cpu", `${SHARE}`, ...load, "--json"];
  const { stdout } = await promisify(execFile)("npm", ["run", "--silent", "capacity", "--", ...asked], {
    cwd: ROOT,
  })
    // Exit status 1: the environment, whose limits are meant for pods of the real size, would not carry it.
    .catch((error: { code: unknown; stdout: string }) => {
      if (error.code === 1 && error.stdout) return error;
      throw error;
    })
    .finally(() => rmSync(folder, { recursive: true }));
  const [answer]: { usual: Prediction; peak: Prediction }[] = JSON.parse(stdout);
  if (!answer) throw new Error(`The capacity model said nothing: ${stdout}`);
  ({ usual, peak: event } = answer);
}

/** Processor time of a request, in milliseconds. */
interface Cost {
  readonly application: number;
  readonly database: number;
}

/** Response times and resource usage of a load. */
interface Visit extends PacedResult {
  readonly cost: Cost;
  /** Part of their processor that the processes had in use. */
  readonly utilization: number;
}

async function visit(title: string, port: number, rate: number, seconds = SECONDS): Promise<Visit> {
  const pods = [...processes];
  const used = () => pods.reduce((sum, { pid }) => sum + cpuOf(pid), 0);
  const disturbance = new Disturbance(server.pid, balancer.pid, ...pods.map(({ pid }) => pid));
  const before = { application: used(), database: cpuOfFamily(server.pid), at: performance.now() };
  const seen = await pacedMix(port, mix, { rate, seconds, connections: CONNECTIONS });
  const application = used() - before.application;
  const requests = seen.latencies.length;
  const cost = {
    application: application / requests,
    database: (cpuOfFamily(server.pid) - before.database) / requests,
  };
  const utilization = (1000 * application) / (performance.now() - before.at) / (SHARE * pods.length);
  console.log(`${title}: ${rate.toFixed(0)} requests/s
  ${requests} answers, ${seen.wrong} wrong, p50 ${seen.p50.toFixed(1)} ms, p99 ${seen.p99.toFixed(1)} ms
  ${cost.application.toFixed(2)} CPU-ms a request, the database ${cost.database.toFixed(2)}; ${(100 * utilization).toFixed(0)} % of their processor in use; other programs ${disturbance.percent().toFixed(0)} %`);
  return { ...seen, cost, utilization };
}

describe.runIf(canLimit)("the load of an event", needs("haproxy"), () => {
  beforeAll(async () => {
    server = await PostgresServer.start();
    program = await buildProgram();
    balancer = await HaProxy.open();
    await growTo(1);
  });

  afterAll(async () => {
    await balancer?.close();
    for (const notejam of processes) await notejam.end("SIGKILL");
    for (const limit of limits) limit.remove();
    program?.remove();
    await server?.remove();
  });

  it("is measured against the maximum of one process", async () => {
    const [one] = processes;
    if (!one) throw new Error("There is no process");
    const most = await saturate(one.port, mix, CONNECTIONS, SECONDS);
    expect(most.wrong).toBe(0);
    peakOfOne = most.rate;
    console.log(
      `one process, held to ${SHARE}m of a processor: at most ${peakOfOne.toFixed(0)} requests/s (${USUAL_MIX})`,
    );
    let atTarget = await visit("one process", one.port, peakOfOne * TARGET);
    // A request takes more time the fewer come at once.
    for (let step = 0; step < 2; step += 1) {
      expect(atTarget.wrong).toBe(0);
      atTarget = await visit("one process", one.port, (SHARE * TARGET) / atTarget.cost.application);
    }
    expect(atTarget.wrong).toBe(0);
    await askModel(peakOfOne, atTarget.cost);
    console.log(
      `the capacity model: ${usual.pods} pods for the most of one, ${event.pods} for ${event.requestsPerSecond.toFixed(0)} requests/s`,
    );
    expect(usual.pods).toBeGreaterThanOrEqual(2);
    expect(event.requestsPerSecond).toBeCloseTo(4 * peakOfOne);
  });

  it("starts with the maximum of one process, on as many processes as the model computes, without an error", async () => {
    await growTo(usual.pods);
    const seen = await visit(`${processes.length} processes`, balancer.port, usual.requestsPerSecond);
    expect(seen.wrong).toBe(0);
  });

  it("is too much for those: at four times the load users wait, until there are more processes", async () => {
    const { port } = balancer;
    const before = await visit(
      `${processes.length} processes`,
      port,
      event.requestsPerSecond,
      CONTRAST_SECONDS,
    );
    const growing = visit("while others start", port, usual.requestsPerSecond);
    await growTo(event.pods);
    expect((await growing).wrong).toBe(0);
    const after = await visit(`${processes.length} processes`, port, event.requestsPerSecond);
    expect(after.wrong).toBe(0);
    // On any machine, a few processes may not use more than their CPU shares, so requests queue until there are more.
    expect(before.utilization).toBeGreaterThan(1);
    expect(after.p99).toBeLessThan(before.p99);
    const judged = after.p99 <= P99_UNDER_LIMIT ? "within" : "OVER";
    console.log(
      `p99 of four times the load: ${after.p99.toFixed(1)} ms, ${judged} its budget of ${P99_UNDER_LIMIT} ms
predicted: ${event.pods} processes use ${(100 * TARGET).toFixed(0)} % of their processor; measured: ${(100 * after.utilization).toFixed(0)} %`,
    );
    // The model says how many carry it: they must, within what they request.
    expect(after.utilization).toBeLessThan(1);
  });
});
