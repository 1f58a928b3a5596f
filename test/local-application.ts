import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { onTestFinished } from "vitest";

/** Returns the processes whose command line contains a text; none without /proc. */
export function processesOf(text: string): { pid: number; commandLine: string }[] {
  const pids = existsSync("/proc") ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  return pids
    .filter((pid) => Number(pid) !== process.pid)
    .map((pid) => ({ pid: Number(pid), commandLine: readIfAlive(`/proc/${pid}/cmdline`) }))
    .filter(({ commandLine }) => commandLine.includes(text));
}

/** Returns the environment of a process. */
export function environmentOfProcess(pid: number): Record<string, string> {
  const entries = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter(Boolean);
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
}

function readIfAlive(file: string): string {
  try {
    return readFileSync(file, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** Starts a Secrets Manager with some secrets, by name or ARN. It stops after the test. */
export async function secretsManager(secrets: Readonly<Record<string, object>>): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += String(part);
    const { SecretId } = JSON.parse(body || "{}");
    const secret = secrets[SecretId];
    response.statusCode = secret === undefined ? 400 : 200;
    response.end(
      JSON.stringify(
        secret === undefined
          ? { __type: "ResourceNotFoundException", message: "Secrets Manager can't find the secret." }
          : { Name: SecretId, SecretString: JSON.stringify(secret) },
      ),
    );
  }).listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

/** Client of Notejam's HTML forms, with cookies. */
export class FormClient {
  private readonly address: string;
  private readonly cookies = new Map<string, string>();

  constructor(address: string) {
    this.address = address;
  }

  async read(path: string): Promise<string> {
    const response = await fetch(this.address + path, { headers: { cookie: this.cookie() } });
    this.remember(response);
    return response.text();
  }

  /** Sends the form of a page. @returns the status of the response */
  async send(path: string, fields: Readonly<Record<string, string>>): Promise<number> {
    const page = await this.read(path);
    const [, token = ""] = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(page) ?? [];
    const response = await fetch(this.address + path, {
      method: "POST",
      redirect: "manual",
      headers: { cookie: this.cookie(), origin: this.address },
      body: new URLSearchParams({ ...fields, csrfmiddlewaretoken: token }),
    });
    this.remember(response);
    return response.status;
  }

  private cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  private remember(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      this.cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
  }
}
