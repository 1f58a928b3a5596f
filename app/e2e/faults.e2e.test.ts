import { writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freeze } from "../test/frozen-server.js";
import { PostgresServer } from "../test/postgres-server.js";
import { buildProgram, type Program } from "./built-app.js";
import { MovingAddress } from "./moving-address.js";
import { NotejamProcess } from "./notejam-process.js";
import { type Account, SimulatedUsers } from "./simulated-users.js";
import { TestBalancer } from "./test-balancer.js";

/** Longest until everything works again once the cause is gone, in milliseconds. */
const RECOVERY = 5_000;
/** Kubernetes kills after this time, in milliseconds. */
const GRACE_PERIOD = 30_000;
/** Time that users work before and after a fault, and duration of a fault, in milliseconds. */
const USUAL = 2_000;
const AFTERWARDS = RECOVERY + 2_000;
const OUTAGE = 3_000;
/** More than the maximum wait for a silent server, in milliseconds. */
const FROZEN = 12_000;
const REPLACEMENTS = 4;
/** Lets a session write that would only read by default. */
const WRITABLE = "postgres?options=-c%20default_transaction_read_only%3Doff";

let program: Program;
let primary: PostgresServer;
let standby: PostgresServer | undefined;
let address: MovingAddress;
let notejam: NotejamProcess;
const logged: string[] = [];

/** Lets a second server follow, which has every commit before it is acknowledged, as Multi-AZ databases do. */
async function startStandby(): Promise<void> {
  await primary.stop();
  standby = await PostgresServer.copyOf(primary);
  await primary.resume();
  writeFileSync(path.join(standby.folder, "data", "standby.signal"), "");
  await standby.resume(
    `primary_conninfo=host=127.0.0.1 port=${primary.port} user=notejam application_name=standby`,
  );
  await primary.query("postgres", "alter system set synchronous_standby_names = 'standby'");
  await primary.query("postgres", "select pg_reload_conf()");
  const state = async () =>
    (await primary.query("postgres", "select sync_state from pg_stat_replication")).rows;
  await expect.poll(state, { timeout: 10_000 }).toEqual([{ sync_state: "sync" }]);
}

function startNotejam(): Promise<NotejamProcess> {
  return NotejamProcess.start({
    program,
    databaseUrl: `postgres://notejam@127.0.0.1:${address.port}/postgres`,
    arguments: ["--migrate"],
    environment: { DRAIN_SECONDS: "2" },
    onLog: (line) => logged.push(line),
  });
}

beforeAll(async () => {
  program = await buildProgram();
  primary = await PostgresServer.start();
  address = await MovingAddress.open(primary.port);
  notejam = await startNotejam();
});

afterAll(async () => {
  await notejam?.end("SIGKILL");
  address?.close();
  await standby?.remove();
  await primary?.remove();
  program?.remove();
});

function tell(title: string, account: Account): void {
  const refused = Object.entries(account.refused).map(([status, count]) => `${count} × ${status}`);
  console.log(`${title}
  acknowledged ${account.acknowledged} notes and ${account.reads} reads; refused: ${refused.join(", ") || "none"}
  lost ${account.lost}, doubled ${account.doubled}, denied but saved ${account.wronglyDenied}`);
}

function expectHonest(account: Account): void {
  const { lost, doubled, wronglyDenied, withoutRetryAfter } = account;
  expect({ lost, doubled, wronglyDenied, withoutRetryAfter }).toEqual({
    lost: 0,
    doubled: 0,
    wronglyDenied: 0,
    withoutRetryAfter: 0,
  });
  expect(account.acknowledged).toBeGreaterThan(100);
}

/** Simulates users during a fault. @param fault resolves with the time at which its cause was removed */
async function through(
  title: string,
  fault: () => Promise<number>,
  server: PostgresServer,
): Promise<Account> {
  const people = await SimulatedUsers.start(notejam.port);
  await pause(USUAL);
  const gone = await fault();
  await pause(AFTERWARDS);
  const recovery = people.recoveredAfter(gone);
  const account = await people.finish(server);
  tell(title, account);
  console.log(`  everything worked ${recovery.toFixed(0)} ms after the cause was gone`);
  expectHonest(account);
  expect(Object.keys(account.refused), "the only rejection is 503").toEqual(["503"]);
  expect(recovery).toBeLessThan(RECOVERY);
  expect(notejam.isRunning).toBe(true);
  return account;
}

it("survives a killed and restarted PostgreSQL", async () => {
  await through(
    "PostgreSQL killed and started again",
    async () => {
      await primary.kill();
      await pause(OUTAGE);
      await primary.resume();
      return performance.now();
    },
    primary,
  );
});

it("writes nothing twice and reports no saved note as lost when responses of PostgreSQL are lost", async () => {
  await through(
    "One in fifteen answers of PostgreSQL lost",
    async () => {
      address.loseAnswers(1 / 15);
      await pause(OUTAGE);
      address.loseAnswers(0);
      return performance.now();
    },
    primary,
  );
});

it("serves reads and saves nothing while PostgreSQL is read-only, and saves again afterwards", async () => {
  const account = await through(
    "PostgreSQL made read-only",
    async () => {
      await primary.query("postgres", "alter system set default_transaction_read_only = on");
      await primary.query("postgres", "select pg_reload_conf()");
      await pause(OUTAGE);
      await primary.query(WRITABLE, "alter system reset default_transaction_read_only");
      await primary.query(WRITABLE, "select pg_reload_conf()");
      return performance.now();
    },
    primary,
  );
  expect(account.reads).toBeGreaterThan(100);
});

it("rejects requests in time while PostgreSQL is frozen, and recovers afterwards", async () => {
  const account = await through(
    "PostgreSQL frozen, with all its connections open",
    async () => {
      const thaw = freeze(primary);
      await pause(FROZEN);
      thaw();
      return performance.now();
    },
    primary,
  );
  expect(account.refused["503"], "people were told before it thawed").toBeGreaterThan(0);
});

it("follows the database to another instance", async () => {
  await startStandby();
  const next = standby;
  if (!next) throw new Error("There is no second server");
  await through(
    "PostgreSQL failed over to another instance",
    async () => {
      await primary.kill();
      await pause(OUTAGE);
      await next.query("postgres", "select pg_promote()");
      address.moveTo(next.port);
      return performance.now();
    },
    next,
  );
});

it("is replaced by another process without a failed request", async () => {
  const balancer = await TestBalancer.open();
  try {
    await balancer.add(notejam.port);
    const people = await SimulatedUsers.start(balancer.port);
    const stops: string[] = [];
    for (let replacement = 0; replacement < REPLACEMENTS; replacement += 1) {
      const next = await startNotejam();
      await balancer.add(next.port);
      await pause(USUAL / 2);
      const ended = await notejam.end("SIGTERM");
      expect(ended).toMatchObject({ code: 0, signal: null });
      expect(ended.after).toBeLessThan(GRACE_PERIOD);
      stops.push(`${(ended.after / 1000).toFixed(1)} s`);
      balancer.remove(notejam.port);
      notejam = next;
    }
    await pause(USUAL / 2);
    const account = await people.finish(standby ?? primary);
    tell(`${REPLACEMENTS} processes replaced, each ended after ${stops.join(", ")}`, account);
    expectHonest(account);
    expect(account.refused).toEqual({});
  } finally {
    balancer.close();
  }
});

it("logged only expected errors", () => {
  expect(logged.filter((line) => /"level":"(error|fatal)"/.test(line) || !line.startsWith("{"))).toEqual([]);
});
