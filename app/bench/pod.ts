import { accessSync, constants, existsSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { buildProgram } from "../e2e/built-app.js";
import { NotejamProcess } from "../e2e/notejam-process.js";
import { cpuOf, cpuOfFamily } from "../e2e/process-usage.js";
import { ProcessorLimit } from "../e2e/processor-limit.js";
import { PostgresServer } from "../test/postgres-server.js";
import { Disturbance } from "./disturbance.js";
import { pacedMix, saturate } from "./mixed-load.js";
import type { PacedResult } from "./paced-load.js";
import { USUAL_MIX, usualMix } from "./visitors.js";

/*
 * Capacity of one pod: runs the application with the CPU limit that its manifest requests, under the usual mix of
 * requests. Measures the maximum rate, and the cost of a request at the constant rate that the HPA's target allows.
 * With `--out`, writes the cost to the file that `npm run capacity` reads.
 */

const CONNECTIONS = 20;
const DATABASE = "postgres";
const WARM_UP_SECONDS = 4;
const SECONDS = 10;
/** Target utilization of the HPA (flux/microservices/notejam/application/horizontalpodautoscaler.yaml), 0 to 1. */
const TARGET = 0.5;
/** Times the rate at that target at which latency is looked at. */
const FACTORS = [1, 1.5, 2];

const { values } = parseArgs({
  options: { out: { type: "string" }, millicores: { type: "string", default: "250" } },
});
const millicores = Number(values.millicores);
// npm runs this in the workspace's folder, wherever it was called.
const out = values.out && path.resolve(process.env.INIT_CWD ?? "", values.out);
if (out) accessSync(path.dirname(out), constants.W_OK);

function machine(postgres: string, disturbed: number): string {
  const [processor] = os.cpus();
  return `${os.cpus().length} processors (${processor?.model.trim()}), Linux ${os.release()}, Node ${process.versions.node}, PostgreSQL ${postgres} and the load on the same machine; other programs took ${disturbed.toFixed(0)} % of it`;
}

/** Response times of a load, and the CPU time it took, in milliseconds. */
interface Observed<Seen> {
  readonly seen: Seen;
  readonly application: number;
  readonly database: number;
  /** CPU usage of the application, in millicores. */
  readonly millicores: number;
}

async function observe<Seen>(
  pids: { readonly application: number; readonly database: number },
  load: () => Promise<Seen>,
): Promise<Observed<Seen>> {
  const before = {
    application: cpuOf(pids.application),
    database: cpuOfFamily(pids.database),
    at: performance.now(),
  };
  const seen = await load();
  const application = cpuOf(pids.application) - before.application;
  return {
    seen,
    application,
    database: cpuOfFamily(pids.database) - before.database,
    millicores: (1000 * application) / (performance.now() - before.at),
  };
}

function describe({ application, database, millicores: used }: Observed<unknown>, requests: number): string {
  return `${used.toFixed(0)}m in use; CPU-ms of a request: application ${(application / requests).toFixed(2)}, database ${(database / requests).toFixed(2)}`;
}

async function measure(server: PostgresServer, notejam: NotejamProcess, limit: ProcessorLimit) {
  const mix = await usualMix(notejam.port, server, DATABASE);
  await saturate(notejam.port, mix, CONNECTIONS, WARM_UP_SECONDS);
  limit.hold(notejam.pid);
  await saturate(notejam.port, mix, CONNECTIONS, WARM_UP_SECONDS);
  const disturbance = new Disturbance(notejam.pid, server.pid);
  const pids = { application: notejam.pid, database: server.pid };
  const full = await observe(pids, () => saturate(notejam.port, mix, CONNECTIONS, SECONDS));
  console.log(`
held to ${millicores}m, ${USUAL_MIX}
  the most          ${full.seen.rate.toFixed(0)} requests/s with ${CONNECTIONS} connections, ${describe(full, full.seen.requests)}`);
  const pace = (rate: number) =>
    observe(pids, () => pacedMix(notejam.port, mix, { rate, seconds: SECONDS, connections: 50 }));
  const costOf = ({ application, seen }: Observed<PacedResult>) => application / seen.latencies.length;
  // A request takes more time the fewer come at once: two steps find the rate at which the target's part is used.
  let rate = full.seen.rate * TARGET;
  for (let step = 0; step < 2; step += 1) rate = (millicores * TARGET) / costOf(await pace(rate));
  let wrong = full.seen.wrong;
  const paced: Observed<PacedResult>[] = [];
  for (const factor of FACTORS) {
    const observed = await pace(rate * factor);
    const { p50, p99, latencies } = observed.seen;
    console.log(
      `  evenly            ${(rate * factor).toFixed(0)} requests/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${describe(observed, latencies.length)}`,
    );
    wrong += observed.seen.wrong;
    paced.push(observed);
  }
  const disturbed = disturbance.percent();
  console.log(`  other programs    ${disturbed.toFixed(0)} % of the processors`);
  const [atTarget] = paced;
  if (wrong > 0 || !atTarget) throw new Error(`${wrong} wrong answers: nothing was written.`);
  const version = await server.query(DATABASE, "show server_version");
  return {
    when: new Date().toISOString().slice(0, 10),
    where: machine(version.rows[0].server_version, disturbed),
    command: "npm run bench:pod -w app",
    mix: USUAL_MIX,
    applicationMilliseconds: Number(costOf(atTarget).toFixed(2)),
    databaseMilliseconds: Number((atTarget.database / atTarget.seen.latencies.length).toFixed(2)),
  };
}

async function bench(): Promise<void> {
  const limit = ProcessorLimit.of(millicores);
  if (!limit) throw new Error("This user may not limit processors: run it as root on Linux.");
  const server = await PostgresServer.start();
  const program = await buildProgram();
  const notejam = await NotejamProcess.start({
    program,
    databaseUrl: server.url(DATABASE),
    arguments: ["--migrate"],
  });
  try {
    const measured = await measure(server, notejam, limit);
    if (out) {
      const verb = existsSync(out) ? "Replaced" : "Wrote";
      writeFileSync(out, `${JSON.stringify(measured, undefined, 2)}\n`);
      console.log(`\n${verb} ${values.out}.`);
    }
  } finally {
    await notejam.end("SIGKILL");
    program.remove();
    await server.remove();
    limit.remove();
  }
}

await bench();
