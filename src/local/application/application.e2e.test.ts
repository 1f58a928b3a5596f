import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../../../test/fakes/local-tools.js";
import {
  environmentOfProcess,
  FormClient,
  processesOf,
  secretsManager,
} from "../../../test/local-application.js";
import { reportSkipped } from "../../../test/required-tools.js";
import { findKustomize } from "../../manifests/render.js";
import { synthesize } from "../../terraform/synthesize-app.js";
import { Interruption } from "../interruption.js";
import { plainProgress } from "../progress.js";
import { Application, type ApplicationProps } from "./application.js";
import { findPostgres } from "./find-postgres.js";

const tools = await Promise.all([findPostgres(), findKustomize()]).catch((error: Error) => error.message);
reportSkipped("Notejam as npm start runs it", typeof tools === "string" ? tools : undefined);

const ADMIN_SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:master";
/** Secrets that no file, log or answer may contain. */
const CANARIES = { application: "canary-of-the-application", master: "canary-of-the-master" };
const SECRETS = {
  "notejam/dev/database": {
    POSTGRES_USER: "notejam_app",
    POSTGRES_PASS: CANARIES.application,
    POSTGRES_DB: "notejam",
    POSTGRES_URL: "writer.example.com",
    POSTGRES_READER_URL: "reader.example.com",
    POSTGRES_PORT: "5432",
  },
  [ADMIN_SECRET]: { username: "notejam_admin", password: CANARIES.master },
};
const OUTPUTS = { database_admin_secret_arn: ADMIN_SECRET };

const SIGN_UP = { email: "ann@example.com", password: "long enough", repeat_password: "long enough" };
const NOTE = { name: "Of the first start", text: "still here", pad: "" };

describe.skipIf(typeof tools === "string")("Notejam as npm start runs it", { timeout: 120_000 }, () => {
  const out = join("out", `application-test-${process.pid}`);
  beforeAll(() => synthesize({ projectFolder: process.cwd(), out }), 60_000);
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  /** An application in a separate folder, in an account with its secrets. */
  function applicationIn(folder: string, changes: Partial<ApplicationProps> = {}) {
    if (typeof tools === "string") throw new Error(tools);
    const lines: string[] = [];
    const interruption = new Interruption();
    const application = new Application({
      projectFolder: process.cwd(),
      environmentId: "dev",
      folder,
      platformFile: join(out, "stacks/notejam-dev/cdk.tf.json"),
      gitopsFile: join(out, "stacks/notejam-dev-gitops/cdk.tf.json"),
      // The account here has secrets and no bucket: as on a machine without pg_dump, no backup is made.
      postgres: { ...tools[0], tools: undefined },
      kustomize: tools[1],
      port: 0,
      progress: plainProgress((line) => lines.push(line)),
      interruption,
      ...changes,
    });
    onTestFinished(() => application.stop());
    const start = async (secrets: Readonly<Record<string, object>> = SECRETS) =>
      application.start({ endpoint: await secretsManager(secrets), outputs: OUTPUTS });
    return { application, interruption, start, printed: () => lines.join("\n") };
  }

  const nothingRuns = (folder: string) =>
    // A child process of a program may need a moment to end.
    expect
      .poll(() => processesOf(folder).map(({ commandLine }) => commandLine), { timeout: 5_000 })
      .toEqual([]);

  it("keeps the notes, and leaves neither processes nor secrets behind", async () => {
    const folder = temporaryFolder();
    const first = applicationIn(folder);
    const { address, backups } = await first.start();
    expect(backups).toBeUndefined();
    const ann = new FormClient(address);
    expect(await ann.send("/signup/", SIGN_UP)).toBe(303);
    expect(await ann.send("/signin/", SIGN_UP)).toBe(303);
    expect(await ann.send("/notes/create/", NOTE)).toBe(303);
    await first.application.stop();
    await nothingRuns(folder);

    // In the meantime the emulated RDS has been made anew: the master user has another password.
    const renewed = { ...SECRETS, [ADMIN_SECRET]: { username: "notejam_admin", password: "another" } };
    const second = applicationIn(folder);
    const again = new FormClient((await second.start(renewed)).address);
    expect(await again.send("/signin/", SIGN_UP)).toBe(303);
    expect(await again.read("/")).toContain(NOTE.name);
    await second.application.stop();

    const files = readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.length).toBeGreaterThan(900);
    const telling = files.filter((file) => {
      const content = readFileSync(file);
      return Object.values(CANARIES).some((canary) => content.includes(canary));
    });
    expect(telling).toEqual([]);
    expect(first.printed() + second.printed()).not.toMatch(/canary/);
  });

  it("is a process with exactly the listed environment, and without a secret in its command line", async () => {
    const folder = temporaryFolder();
    const { start } = applicationIn(folder);
    const { differences } = await start();
    const running = processesOf(folder);
    expect(running.map(({ commandLine }) => commandLine).join("\n")).not.toMatch(/canary/);
    const server = running.find(({ commandLine }) =>
      /^\S+ --no-warnings \S+notejam\.mjs serve/.test(commandLine),
    );
    const env = environmentOfProcess(server?.pid ?? 0);
    expect(env).toMatchObject({ APP_TIMEZONE: "UTC", TRUST_PROXY: "1", NODE_ENV: "production" });
    for (const { name, here } of differences.filter(({ name }) => !name.startsWith("POSTGRES_"))) {
      expect(env[name]).toBe(here);
    }
    expect(env).not.toHaveProperty("PATH");
    expect(JSON.stringify(env)).not.toMatch(/canary/);

    const mounted = env.SECRETS_DIR ?? "";
    expect(readdirSync(mounted)).not.toContain("POSTGRES_ADMIN_PASS");
    expect(statSync(mounted).mode & 0o777).toBe(0o700);
    expect(statSync(join(mounted, "POSTGRES_PASS")).mode & 0o777).toBe(0o600);
  });

  it("reports when it or its database ends by itself", async () => {
    for (const [program, message] of [
      ["notejam.mjs serve", /^Notejam ended \(exit status 137\)\. See .*serve\.log\.$/],
      ["-h 127.0.0.1 -p", /^PostgreSQL ended \(exit status 137\)\. See .*postgres\.log\.$/],
    ] as const) {
      const folder = temporaryFolder();
      const { start } = applicationIn(folder);
      const { ended } = await start();
      const victims = processesOf(folder).filter(({ commandLine }) => commandLine.includes(program));
      process.kill(victims.find(({ commandLine }) => !commandLine.includes("guard"))?.pid ?? 0, "SIGKILL");
      expect(await ended).toMatch(message);
    }
  });

  it("stops cleanly at each point of an interruption, and the next start completes", async () => {
    const folder = temporaryFolder();
    for (const milliseconds of [0, 300, 1500, 2500, 3500]) {
      const { application, interruption, start } = applicationIn(folder);
      const starting = start();
      starting.catch(() => {});
      await new Promise((later) => setTimeout(later, milliseconds));
      interruption.request("SIGINT");
      await starting.catch((error: Error) => expect(error.message).toBe("Stopped by SIGINT."));
      await application.stop();
      await nothingRuns(folder);
      expect(existsSync(join(folder, "secrets"))).toBe(false);
    }
    const { address } = await applicationIn(folder).start();
    expect((await fetch(`${address}/readyz`)).status).toBe(200);
  });

  it("reports a taken port if it was requested, else uses another one", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => server.once("listening", listening));
    onTestFinished(() => {
      server.close();
    });
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(applicationIn(temporaryFolder(), { port }).start()).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is taken. Choose another one with --app-port`,
    );
  });

  it("shows the last lines of a program that fails", async () => {
    const login = { ...SECRETS["notejam/dev/database"], POSTGRES_DB: "" };
    const { start } = applicationIn(temporaryFolder());
    await expect(start({ ...SECRETS, "notejam/dev/database": login })).rejects.toThrow(
      /PostgreSQL cannot create the master user|notejam migrate ended with exit status 2/,
    );
  });
});
