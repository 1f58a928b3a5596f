import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { NotejamProcess } from "../proofs/notejam-process.js";
import { cpuOf, cpuOfFamily } from "../proofs/process-usage.js";
import { ProcessorLimit } from "../proofs/processor-limit.js";
import { buildProgram } from "../proofs/program.js";
import { PostgresServer } from "../test/postgres-server.js";
import { Disturbance } from "./disturbance.js";
import { pacedMix, saturate } from "./mixed-load.js";
import { USUAL_MIX, usualMix } from "./visitors.js";

/*
 * What one pod carries: the program, held to the processor that its manifest requests, under the usual mix of requests.
 * With `--out` the result becomes the file that `npm run capacity` computes from.
 */

const CONNECTIONS = 20;
const DATABASE = "postgres";
const WARM_UP_SECONDS = 4;
const SECONDS = 10;
/** Parts of the peak at which latency is looked at. */
const PARTS = [0.5, 0.75, 0.9];

const { values } = parseArgs({
  options: { out: { type: "string" }, millicores: { type: "string", default: "250" } },
});
const millicores = Number(values.millicores);

function machine(postgres: string, disturbed: number): string {
  const [processor] = os.cpus();
  return `${os.cpus().length} processors (${processor?.model.trim()}), Linux ${os.release()}, Node ${process.versions.node}, PostgreSQL ${postgres} and the load on the same machine; other programs took ${disturbed.toFixed(0)} % of it`;
}

async function measure(server: PostgresServer, notejam: NotejamProcess, limit: ProcessorLimit) {
  const mix = await usualMix(notejam.port, server, DATABASE);
  await saturate(notejam.port, mix, CONNECTIONS, WARM_UP_SECONDS);
  limit.hold(notejam.pid);
  await saturate(notejam.port, mix, CONNECTIONS, WARM_UP_SECONDS);
  const disturbance = new Disturbance(notejam.pid, server.pid);
  const before = { app: cpuOf(notejam.pid), database: cpuOfFamily(server.pid), at: performance.now() };
  const full = await saturate(notejam.port, mix, CONNECTIONS, SECONDS);
  const elapsed = performance.now() - before.at;
  const applicationTime = cpuOf(notejam.pid) - before.app;
  const databaseTime = cpuOfFamily(server.pid) - before.database;
  console.log(`
held to ${millicores}m      ${full.rate.toFixed(0)} requests/s, ${full.wrong} wrong, with ${CONNECTIONS} connections (${USUAL_MIX})
  application       ${(applicationTime / full.requests).toFixed(2)} CPU-ms per request, ${((1000 * applicationTime) / elapsed).toFixed(0)}m in use
  database          ${(databaseTime / full.requests).toFixed(2)} CPU-ms per request`);
  let wrong = full.wrong;
  for (const part of PARTS) {
    const load = { rate: full.rate * part, seconds: SECONDS, connections: 50 };
    const seen = await pacedMix(notejam.port, mix, load);
    wrong += seen.wrong;
    console.log(
      `  at ${(100 * part).toFixed(0)} % of that    p50 ${seen.p50.toFixed(1)} ms, p99 ${seen.p99.toFixed(1)} ms, ${seen.wrong} wrong`,
    );
  }
  const disturbed = disturbance.percent();
  console.log(`  other programs    ${disturbed.toFixed(0)} % of the processors`);
  if (wrong > 0) throw new Error(`${wrong} wrong answers: nothing was written.`);
  const version = await server.query(DATABASE, "show server_version");
  return {
    when: new Date().toISOString().slice(0, 10),
    where: machine(version.rows[0].server_version, disturbed),
    command: "npm run bench:pod -w app",
    mix: USUAL_MIX,
    millicores,
    requestsPerSecond: Math.round(full.rate),
    databaseMilliseconds: Number((databaseTime / full.requests).toFixed(2)),
  };
}

async function bench(): Promise<void> {
  const limit = ProcessorLimit.of(millicores);
  if (!limit) throw new Error("This user may not limit processors: run it as root on Linux.");
  const server = await PostgresServer.start();
  if (!server)
    throw new Error("This machine has no PostgreSQL: run npm install, or install PostgreSQL's package.");
  const program = await buildProgram();
  const notejam = await NotejamProcess.start({
    program,
    databaseUrl: server.url(DATABASE),
    arguments: ["--migrate"],
  });
  try {
    const measured = await measure(server, notejam, limit);
    if (values.out) {
      const before = readFileSync(values.out, { encoding: "utf8", flag: "a+" });
      writeFileSync(values.out, `${JSON.stringify(measured, undefined, 2)}\n`);
      console.log(`\n${before ? "Replaced" : "Wrote"} ${path.relative("", values.out)}.`);
    }
  } finally {
    await notejam.end("SIGKILL");
    program.remove();
    await server.remove();
    limit.remove();
  }
}

await bench();
