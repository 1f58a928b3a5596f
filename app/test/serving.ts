import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createDatabase } from "./databases.js";
import { freePort } from "./postgres-server.js";
import { formsOf } from "./visitor.js";

/** Maximum time until it is ready, in milliseconds. */
const CHECK_TIMEOUT = 60_000;

/** Notejam in a child process with its own database, configured by environment variables only. */
export interface Serving {
  readonly address: string;
  /** The log so far. */
  output(): string;
  /** Fills in the form of a page as a visitor would. */
  submit(page: string, fields: Readonly<Record<string, string>>): Promise<Response>;
  end(): Promise<void>;
}

/** Starts Notejam and waits until it is ready. */
export async function serving(environment: Readonly<Record<string, string>>): Promise<Serving> {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, ["--import", "tsx", "src/main.ts", "serve"], {
    cwd: path.resolve(import.meta.dirname, ".."),
    env: {
      PATH: process.env.PATH ?? "",
      DATABASE_URL: await createDatabase(),
      PORT: String(port),
      METRICS_PORT: "off",
      DRAIN_SECONDS: "0",
      ...environment,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (piece) => {
      output += piece;
    });
  }
  const exited = once(child, "exit");
  const start = performance.now();
  while (
    !(await fetch(`${address}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null || performance.now() - start > CHECK_TIMEOUT) {
      child.kill("SIGKILL");
      throw new Error(`Notejam did not start: ${output}`);
    }
    await pause(50);
  }
  return {
    address,
    output: () => output,
    async submit(page, fields) {
      const shown = await fetch(`${address}${page}`);
      const form = formsOf(await shown.text()).find(({ method }) => method === "post");
      const cookie = shown.headers.getSetCookie().map((each) => each.split(";")[0]);
      return fetch(`${address}${page}`, {
        method: "POST",
        redirect: "manual",
        headers: { cookie: cookie.join("; ") },
        body: new URLSearchParams({ ...form?.fields, ...fields }),
      });
    },
    async end() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
