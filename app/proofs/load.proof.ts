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
import { NotejamProcess } from "./notejam-process.js";
import { ProcessorLimit } from "./processor-limit.js";
import { buildProgram, type Program } from "./program.js";
import { TestBalancer } from "./test-balancer.js";

/*
 * The load of an event. Four processes' worth of load does not fit on a machine of two processors beside its database
 * and the visitors, so the pods here are small: each process is held to a twentieth of a processor, which it cannot
 * exceed however idle the machine is. The number of processes is the capacity model's, not ours.
 */

const ROOT = path.resolve(import.meta.dirname, "../..");
const DATABASE = "postgres";
/** Processor of one process, in thousandths. */
const SHARE = 50;
/** An environment whose floor is two pods. */
const ENVIRONMENT = "dev";
const CONNECTIONS = 40;
const WARM_UP_SECONDS = 4;
const SECONDS = 10;
const CONTRAST_SECONDS = 4;
/** Times that the most is measured: other programs can only make it less. */
const ATTEMPTS = 3;
/** Checks that a busy process may miss before the balancer leaves it out: half a minute's worth, as in the Ingress. */
const UNREADY_AFTER = 120;

/** What the capacity model says about a load. */
interface Prediction {
  readonly requestsPerSecond: number;
  readonly pods: number;
}

const limits: ProcessorLimit[] = [];
const processes: NotejamProcess[] = [];
let program: Program;
let server: PostgresServer;
let balancer: TestBalancer;
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
  console.warn("left out: four times the load, for which processors are limited by root on Linux");

/** Starts a process, lets it compile what it needs, and holds it to its share from then on. */
async function startPod(): Promise<NotejamProcess> {
  const first = processes.length === 0;
  const notejam = await NotejamProcess.start({
    program,
    databaseUrl: server.url(DATABASE),
    arguments: first ? ["--migrate"] : [],
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
async function askModel(requestsPerSecond: number): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "notejam-load-"));
  const measured = path.join(folder, "measured.json");
  writeFileSync(
    measured,
    JSON.stringify({
      when: new Date().toISOString().slice(0, 10),
      where: "here",
      command: "proofs/load.proof.ts",
      mix: USUAL_MIX,
      millicores: SHARE,
      requestsPerSecond,
      databaseMilliseconds: 0.5,
    }),
  );
  const asked = ["--env", ENVIRONMENT, "--measured", measured, "--pod-cpu", `${SHARE}`, "--json"];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      "--import",
      "tsx",
      "src/capacity/capacity.ts",
      ...asked,
      "--requests-per-second",
      `${requestsPerSecond}`,
    ],
    { cwd: ROOT },
  ).finally(() => rmSync(folder, { recursive: true }));
  const [answer]: { usual: Prediction; peak: Prediction }[] = JSON.parse(stdout);
  if (!answer) throw new Error(`The capacity model said nothing: ${stdout}`);
  ({ usual, peak: event } = answer);
}

/** What people saw, and how much other programs took of the processors meanwhile, in percent. */
interface Visit extends PacedResult {
  readonly disturbed: number;
}

async function visit(title: string, rate: number, seconds = SECONDS): Promise<Visit> {
  const disturbance = new Disturbance(server.pid, ...processes.map(({ pid }) => pid));
  const seen = await pacedMix(balancer.port, mix, { rate, seconds, connections: CONNECTIONS });
  const disturbed = disturbance.percent();
  const judged = seen.p99 <= P99_UNDER_LIMIT ? "≤" : ">";
  console.log(`${title}: ${rate.toFixed(0)} requests/s
  ${seen.latencies.length} answers, ${seen.wrong} wrong, p50 ${seen.p50.toFixed(1)} ms, p99 ${seen.p99.toFixed(1)} ${judged} ${P99_UNDER_LIMIT} ms; other programs ${disturbed.toFixed(0)} %`);
  return { ...seen, disturbed };
}

describe.runIf(canLimit)("the load of an event", () => {
  beforeAll(async () => {
    const started = await PostgresServer.start();
    if (!started) throw new Error("This machine has no PostgreSQL");
    server = started;
    program = await buildProgram();
    balancer = await TestBalancer.open(UNREADY_AFTER);
    await growTo(1);
  });

  afterAll(async () => {
    balancer?.close();
    for (const notejam of processes) await notejam.end("SIGKILL");
    for (const limit of limits) limit.remove();
    program?.remove();
    await server?.remove();
  });

  it("is measured against the most that one process answers", async () => {
    const [one] = processes;
    const seen = await saturate(one?.port ?? 0, mix, CONNECTIONS, SECONDS);
    expect(seen.wrong).toBe(0);
    peakOfOne = seen.rate;
    await askModel(peakOfOne);
    console.log(`one process, held to ${SHARE}m of a processor: ${peakOfOne.toFixed(0)} requests/s (${USUAL_MIX})
the capacity model: ${usual.pods} pods for that, ${event.pods} for ${event.requestsPerSecond.toFixed(0)}`);
    expect(usual.pods).toBeGreaterThanOrEqual(2);
    expect(event.requestsPerSecond).toBeCloseTo(4 * peakOfOne);
  });

  it("starts from as much as one process can, on as many as the model says, without one wrong answer", async () => {
    await growTo(usual.pods);
    expect((await visit(`${processes.length} processes`, usual.requestsPerSecond)).wrong).toBe(0);
  });

  it("is too much for those: four times as much makes people wait, which more processes must end", async () => {
    const before = await visit(`${processes.length} processes`, event.requestsPerSecond, CONTRAST_SECONDS);
    const growing = visit("while others start", usual.requestsPerSecond, SECONDS);
    await growTo(event.pods);
    expect((await growing).wrong).toBe(0);
    const after = await visit(`${processes.length} processes`, event.requestsPerSecond);
    expect(after.wrong).toBe(0);
    // No matter how fast the machine is, two may not answer more than twice what one may: the others queue.
    expect(after.p50).toBeLessThan(before.p50);
  });

  it("is no more than those processes can: the model promises less than they were measured to do", async () => {
    let most = 0;
    for (let attempt = 0; attempt < ATTEMPTS && most < event.requestsPerSecond; attempt += 1) {
      // As many people before each process as there were before the one.
      const seen = await saturate(balancer.port, mix, CONNECTIONS * processes.length, SECONDS);
      expect(seen.wrong).toBe(0);
      most = Math.max(most, seen.rate);
    }
    console.log(
      `${processes.length} processes: predicted ${event.requestsPerSecond.toFixed(0)} requests/s at the autoscaler's target, measured at most ${most.toFixed(0)}`,
    );
    expect(event.requestsPerSecond).toBeLessThanOrEqual(most);
  });
});
