import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findEmulator } from "@notejam/emulator/find-emulator";
import { afterAll, describe, expect, it } from "vitest";
import { type StartedCommand, startCommand } from "../../test/fakes/local-tools.js";
import { FormClient, processesOf } from "../../test/local-application.js";
import { reportSkipped } from "../../test/required-tools.js";
import { findKustomize } from "../manifests/render.js";
import { findTerraform } from "../terraform/find-terraform.js";
import { findPostgres } from "./application/find-postgres.js";
import { secretValue } from "./application/mounted-secrets.js";
import { readOutputs } from "./inventory.js";

const found = await Promise.all([findTerraform(), findEmulator(), findKustomize(), findPostgres()]).then(
  ([, , , postgres]) => (postgres.tools === undefined ? "there is no pg_dump for PostgreSQL" : undefined),
  (error: Error) => error.message,
);
reportSkipped("all of production on a laptop", found);

const READY = /^Ctrl-C stops it/m;
const DAY = 86_400_000;
/** Retention of a backup, in which it cannot be deleted. */
const YEARS_KEPT = 3;

const SIGN_UP = { email: "ann@example.com", password: "long enough", repeat_password: "long enough" };
const NOTE = { name: "Of the first start", text: "still here", pad: "" };

/** Waits for words in what a run prints; its end is an error then. */
async function says(run: StartedCommand, words: RegExp, timeout = 400_000): Promise<string> {
  const ended = run.ended.then(({ stderr, stdout }) => {
    throw new Error(`npm start ended before it said ${words}:\n${stdout.slice(-2000)}\n${stderr}`);
  });
  ended.catch(() => {});
  await Promise.race([
    ended,
    expect.poll(() => words.test(run.printed()), { timeout, interval: 50 }).toBe(true),
  ]);
  return run.printed();
}

/** Output of a run: addresses of Notejam and of the emulated AWS, and the backup. */
function places(printed: string) {
  const [, address = ""] = /^Notejam is at (\S+):/m.exec(printed) ?? [];
  const [, endpoint = ""] = /answers at (\S+)\./.exec(printed) ?? [];
  const [, backup = "", bucket = ""] = /^Backup (\S+) \(.* in s3:\/\/([^)]+)\)/m.exec(printed) ?? [];
  return { address, endpoint, backup, bucket };
}

/** Enough of a signature for the emulator. */
const signed = {
  authorization:
    "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0",
};
const s3 = async (endpoint: string, path: string) =>
  (await fetch(`${endpoint}/${path}`, { headers: signed })).text();

describe.runIf(found === undefined)("all of production on a laptop", () => {
  const state = join("out", `laptop-e2e-${process.pid}`);
  afterAll(() => rmSync(state, { recursive: true, force: true }));
  const start = (...args: string[]) =>
    startCommand(process.cwd(), ["--state", state, "--app-port", "0", "--require", "all", ...args], {});
  const nothingRuns = () =>
    expect
      .poll(() => processesOf(state).map(({ commandLine }) => commandLine), { timeout: 30_000 })
      .toEqual([]);

  /** Says how long it took; `npm run bench -- start` measures it on a quiet machine. */
  async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
    const started = performance.now();
    await work();
    console.log(`npm start, ${what}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }

  it("starts, and Ctrl-C stops all of it without leaving a secret", async () => {
    const run = start();
    await timed("cold", () => says(run, READY));
    const { address, endpoint } = places(run.printed());
    const ann = new FormClient(address);
    expect(await ann.send("/signup/", SIGN_UP)).toBe(303);
    expect(await ann.send("/signin/", SIGN_UP)).toBe(303);
    expect(await ann.send("/notes/create/", NOTE)).toBe(303);

    // The program calls SES with the pod's settings. SES rejects the mail, because no sender is verified.
    expect(await new FormClient(address).send("/forgot-password/", { email: SIGN_UP.email })).toBe(303);
    const calls = () => readFileSync(join(state, "emulator.log"), "utf8");
    await expect.poll(calls, { timeout: 15_000 }).toMatch(/"POST \/v2\/email\/outbound-emails HTTP/);

    const outputs = readOutputs(readFileSync(join(state, "account/notejam-dev.tfstate"), "utf8"));
    const login = JSON.parse(await secretValue(endpoint, "eu-west-1", "notejam/dev/database"));
    const master = JSON.parse(
      await secretValue(endpoint, "eu-west-1", String(outputs.database_admin_secret_arn)),
    );
    const passwords = [String(login.POSTGRES_PASS), String(master.password)];
    expect(passwords.every((password) => password.length > 20)).toBe(true);
    const tells = (content: string | Buffer) => passwords.some((password) => content.includes(password));
    expect(processesOf("").filter(({ commandLine }) => tells(commandLine))).toEqual([]);

    run.signal("SIGINT");
    const { code, stdout, stderr } = await run.ended;
    expect(code).toBe(0);
    expect(tells(stdout + stderr)).toBe(false);
    await nothingRuns();
    const files = readdirSync(state, { recursive: true, encoding: "utf8", withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== "secrets.json")
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.filter((file) => tells(readFileSync(file)))).toEqual([]);
  });

  it("keeps the notes and a locked backup with its restore test over a restart", async () => {
    const run = start();
    await timed("kept", () => says(run, READY));
    const { address, endpoint, backup, bucket } = places(run.printed());
    const ann = new FormClient(address);
    expect(await ann.send("/signin/", SIGN_UP)).toBe(303);
    expect(await ann.read("/")).toContain(NOTE.name);

    const dumps = await s3(endpoint, `${bucket}?list-type=2&prefix=dumps/`);
    const [, dump = ""] = new RegExp(`<Key>(dumps/[^<]*/${backup}/notejam\\.dump)</Key>`).exec(dumps) ?? [];
    const { headers } = await fetch(`${endpoint}/${bucket}/${dump}`, { method: "HEAD", headers: signed });
    const lockedUntil = Date.parse(headers.get("x-amz-object-lock-retain-until-date") ?? "");
    expect((lockedUntil - Date.now()) / DAY).toBeGreaterThan(YEARS_KEPT * 364);
    const restoreTests = await s3(endpoint, `${bucket}?list-type=2&prefix=restore-tests/${backup}/`);
    expect(restoreTests).toMatch(/<Key>restore-tests\/.*\.json<\/Key>/);

    // Killed: its child processes end too.
    run.signal("SIGKILL");
    await run.ended;
    await nothingRuns();
  });

  it("continues after it was killed", async () => {
    const { code, stdout, stderr } = await start("--once").ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Backup \S+ \(the newest of \d+ in s3/m);
    await nothingRuns();
  });

  it.each([
    "Start the emulated AWS",
    "Start PostgreSQL",
    "notejam migrate",
    "notejam serve",
    "notejam backup",
    "notejam restore-test",
  ])("stops well when it is interrupted in %s", async (phase) => {
    const run = start("--once");
    await says(run, new RegExp(`^${phase}.* …`, "m"));
    run.signal("SIGINT");
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/^Stopped\. Created resources are kept/m);
    await nothingRuns();
    expect(existsSync(join(state, "applications/dev/secrets"))).toBe(false);
  });

  it("starts again with all notes, and is destroyed without remains", async () => {
    const run = start();
    const { address } = places(await says(run, READY));
    const ann = new FormClient(address);
    expect(await ann.send("/signin/", SIGN_UP)).toBe(303);
    expect(await ann.read("/")).toContain(NOTE.name);
    run.signal("SIGINT");
    expect((await run.ended).code).toBe(0);

    const destroyed = await start("--destroy").ended;
    expect(destroyed).toMatchObject({ code: 0, stderr: "" });
    expect(existsSync(state)).toBe(false);
  });
});
