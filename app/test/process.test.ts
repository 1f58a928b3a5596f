import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createDatabase } from "./databases.js";
import { freePort } from "./postgres-server.js";
import { needs } from "./required-tools.js";
import { formsOf } from "./visitor.js";

/** Limit for the start of a process. On a busy machine the embedded database alone takes half a minute. */
const STARTED = { timeout: 60_000 };

interface Running {
  readonly process: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

const started: ChildProcess[] = [];

function notejam(args: string[], environment: Record<string, string>): Running {
  const child = spawn(process.execPath, ["--import", "tsx", "src/main.ts", ...args], {
    cwd: path.resolve(import.meta.dirname, ".."),
    env: { PATH: process.env.PATH ?? "", ...environment },
  });
  started.push(child);
  let output = "";
  child.stdout.on("data", (data) => {
    output += data;
  });
  child.stderr.on("data", (data) => {
    output += data;
  });
  return {
    process: child,
    output: () => output,
    ended: new Promise((resolve) => child.once("exit", resolve)),
  };
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

describe("the program", () => {
  it("explains itself", async () => {
    const help = notejam(["--help"], {});
    expect(await help.ended).toBe(0);
    for (const command of ["serve", "migrate", "purge", "import-django"])
      expect(help.output()).toContain(command);
  });

  it("explains an invalid configuration without a stack trace", async () => {
    const wrong = notejam(["serve"], { PORT: "x", APP_TIMEZONE: "y" });
    expect(await wrong.ended).toBe(2);
    expect(wrong.output()).toMatch(/- PORT: .*\n\s+- APP_TIMEZONE: /);
    expect(wrong.output()).not.toContain("    at ");
  });

  it("serves without any configuration, keeps a second process out of its folder, and mails into files", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "notejam-data-"));
    const environment = { DATA_DIR: folder, PORT: String(await freePort()), METRICS_PORT: "0" };
    const address = `http://127.0.0.1:${environment.PORT}`;
    const first = notejam(["serve"], environment);
    await expect.poll(() => answers(`${address}/readyz`), STARTED).toBe(true);
    // /readyz responds just before this line is printed.
    await expect.poll(first.output).toContain(`Notejam is at ${address}`);
    const second = notejam(["serve"], { ...environment, PORT: "0" });
    expect(await second.ended).toBe(2);
    expect(second.output()).toContain(`is in use by process ${first.process.pid}`);

    const post = async (url: string, fields: Record<string, string>) => {
      const page = await fetch(address + url);
      const cookie = page.headers
        .getSetCookie()
        .map((each) => each.split(";")[0])
        .join("; ");
      const form = formsOf(await page.text())[0]?.fields;
      return fetch(address + url, {
        method: "POST",
        redirect: "manual",
        headers: { cookie, origin: address },
        body: new URLSearchParams({ ...form, ...fields }),
      });
    };
    const account = { email: "a@example.com", password: "long enough", repeat_password: "long enough" };
    expect((await post("/signup/", account)).status).toBe(303);
    expect((await post("/forgot-password/", { email: "a@example.com" })).status).toBe(303);
    const mails = () => readdirSync(path.join(folder, "mail")).filter((name) => name.endsWith(".eml"));
    await expect.poll(() => mails().length).toBe(1);
    const mail = readFileSync(path.join(folder, "mail", mails()[0] ?? ""), "utf8");
    expect(mail).toContain("To: a@example.com\n");
    expect(mail).toMatch(new RegExp(`^${address}/reset/[\\w-]{43}/$`, "m"));

    first.process.kill("SIGINT");
    expect(await first.ended).toBe(0);
  });

  it(
    "migrates, then stops on SIGTERM without dropping a request, readiness first",
    needs("a PostgreSQL server"),
    async () => {
      const environment = {
        DATABASE_URL: await createDatabase("template0"),
        PORT: String(await freePort()),
        METRICS_PORT: String(await freePort()),
        DRAIN_SECONDS: "1",
      };
      const check = notejam(["migrate", "--check"], environment);
      expect(await check.ended).toBe(1);
      expect(check.output()).toContain("pending: 0001_");
      expect(await notejam(["migrate"], environment).ended).toBe(0);
      expect(await notejam(["migrate", "--check"], environment).ended).toBe(0);
      const purging = notejam(["purge"], environment);
      expect(await purging.ended).toBe(0);
      expect(purging.output()).toContain("Removed: notes 0");

      const address = `http://127.0.0.1:${environment.PORT}`;
      const serving = notejam(["serve"], environment);
      await expect.poll(() => answers(`${address}/readyz`), STARTED).toBe(true);
      const metrics = await (await fetch(`http://127.0.0.1:${environment.METRICS_PORT}/metrics`)).text();
      for (const name of [
        "notejam_http_request_duration_seconds",
        "notejam_database_connections",
        "nodejs_eventloop_lag_seconds",
      ]) {
        expect(metrics).toContain(name);
      }
      serving.process.kill("SIGTERM");
      await expect.poll(async () => (await fetch(`${address}/readyz`)).status).toBe(503);
      let served = 0;
      for (;;) {
        const status = await fetch(`${address}/signin/`).then(
          (response) => response.status,
          () => 0,
        );
        if (status === 0) break;
        expect(status).toBe(200);
        served += 1;
      }
      expect(served).toBeGreaterThan(5);
      expect(await serving.ended).toBe(0);
    },
  );
});
