import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, readFile } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import toolVersions from "../tool-versions.json" with { type: "json" };
import { EmulatorError } from "./emulator-error.js";
import { type EmulatorInstallation, findEmulator } from "./find-emulator.js";
import { freePort, isFree } from "./ports.js";

/** Account id of moto. */
const EMULATED_ACCOUNT = "123456789012";

/** Folder of the extension: this project's changes to moto, in Python. */
const EXTENSION_FOLDER = fileURLToPath(new URL("./extension", import.meta.url));

/** A cold start takes 2 s, and longer if it restores a full environment; on a busy machine ten times as long. */
const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** Another program may take a free port before moto listens on it. */
const ATTEMPTS_AT_A_RANDOM_PORT = 3;

const Status = z.object({
  moto: z.string(),
  restored: z.boolean(),
  whyNotRestored: z.string(),
  movedTo: z.string().nullish(),
});
const Saved = z.union([z.object({ bytes: z.number() }), z.object({ error: z.string() })]);
const Resources = z.object({
  resources: z.array(z.object({ service: z.string(), region: z.string(), type: z.string(), id: z.string() })),
});

export interface StartEmulatorOptions {
  /**
   * File of the emulator's contents: restored at startup, saved while it runs and when it stops.
   *
   * @default contents are lost when it stops
   */
  readonly stateFile?: string;
  /**
   * Port on the loopback interface.
   *
   * @default a free one
   */
  readonly port?: number;
  /**
   * File of the emulator's output; replaced at each start.
   *
   * @default the state file with the ending `.log`, or a new folder in the system's temporary folder
   */
  readonly logFile?: string;
  /**
   * Moto to run.
   *
   * @default result of `findEmulator()`
   */
  readonly installation?: EmulatorInstallation;
}

/** Resource in the emulated account. */
export interface EmulatedResource {
  /** AWS's short name of the service: `ec2`, `s3`. */
  readonly service: string;
  /** Region, or `global`. */
  readonly region: string;
  /** Type in the service's own terms: `subnet`, `bucket`. */
  readonly type: string;
  /** Id or name in the service. */
  readonly id: string;
}

/** End of the emulator's process. */
export interface EmulatorEnd {
  /** True if `stop()` caused it. */
  readonly isStopped: boolean;
  /** Exit status or signal, and the log file, as a message. */
  readonly message: string;
}

/** Running emulator. It ends with this process, even if this process is killed. */
export interface Emulator {
  /** `http://127.0.0.1:<port>`. S3 fails with `localhost`. */
  readonly endpoint: string;
  readonly account: string;
  /** True if the contents came from the state file. */
  readonly restored: boolean;
  /** Reason why the emulator started empty, as a message; empty if it was restored. */
  readonly whyNotRestored: string;
  /** Path of the damaged or incompatible state file that was renamed at startup. Only the last one is kept. */
  readonly oldStateFile: string | undefined;
  /** Warnings about the installed moto, one line each. */
  readonly warnings: readonly string[];
  readonly logFile: string;
  /** Resolves when the emulator's process has ended: after `stop()`, or because it failed. Never rejects. */
  readonly ended: Promise<EmulatorEnd>;
  /** Environment variables that point Terraform's AWS provider and the AWS SDKs to the emulator. They set no region. */
  readonly environment: Readonly<Record<string, string>>;
  /** Saves the contents now. @returns the size in bytes; 0 without a state file */
  save(): Promise<number>;
  /** Lists the resources of the account, without those that AWS creates itself (default VPCs, managed policies). */
  listResources(): Promise<readonly EmulatedResource[]>;
  /** Makes every call that is signed for one of these regions fail. An empty list ends the outage. */
  loseRegions(regions: readonly string[]): Promise<void>;
  /** Saves the contents and stops the emulator. Further calls do nothing. */
  stop(): Promise<void>;
}

/**
 * Starts moto with this project's extension and waits until it answers.
 *
 * @throws EmulatorError `not-found` if moto is not installed, `incompatible` if it does not fit the extension, `port-taken`
 *   if a requested port is in use, `failed` if it does not start
 */
export async function startEmulator(options: StartEmulatorOptions = {}): Promise<Emulator> {
  const installation = options.installation ?? (await findEmulator());
  const stateFile = options.stateFile === undefined ? undefined : resolve(options.stateFile);
  const logFile = await prepareLogFile(options.logFile, stateFile);
  if (stateFile) await mkdir(dirname(stateFile), { recursive: true });

  if (options.port !== undefined) {
    if (!(await isFree(options.port))) throw portTaken(options.port);
    return startOn(options.port, installation, stateFile, logFile);
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOn(await freePort(), installation, stateFile, logFile);
    } catch (error) {
      const isPortTaken = error instanceof EmulatorError && error.code === "port-taken";
      if (!isPortTaken || attempt === ATTEMPTS_AT_A_RANDOM_PORT) throw error;
    }
  }
}

async function startOn(
  port: number,
  installation: EmulatorInstallation,
  stateFile: string | undefined,
  logFile: string,
): Promise<Emulator> {
  const endpoint = `http://127.0.0.1:${port}`;
  const child = await launch(emulatorCommand(installation, { port, stateFile }), logFile);
  let isStopped = false;
  const ended = once(child, "exit").then(([code, signal]) => ({
    isStopped,
    message: `The AWS emulator ended (${signal ? `by ${signal}` : `exit status ${code}`}). See ${logFile}.`,
  }));
  try {
    const status = await firstAnswer(child, endpoint, port, logFile);
    return {
      endpoint,
      account: EMULATED_ACCOUNT,
      restored: status.restored,
      whyNotRestored: status.whyNotRestored,
      oldStateFile: stateFile && status.movedTo ? join(dirname(stateFile), status.movedTo) : undefined,
      warnings: installation.warnings,
      logFile,
      ended,
      environment: environmentFor(endpoint),
      save: () => save(endpoint),
      listResources: async () =>
        Resources.parse(await getJson(`${endpoint}/moto-api/notejam/resources`)).resources,
      loseRegions: (regions) => loseRegions(endpoint, regions),
      stop: () => {
        isStopped = true;
        return stop(child, logFile);
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

/** Returns the environment variables that point Terraform's AWS provider and the AWS SDKs to the emulator. */
export function environmentFor(endpoint: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_EC2_METADATA_DISABLED: "true",
    // Some calls prefix the host's name with the account (123456789012.127.0.0.1), which does not resolve. For them the
    // emulator is the HTTP proxy. Loopback addresses are never proxied, and TLS has another variable.
    HTTP_PROXY: endpoint,
    CHECKPOINT_DISABLE: "1",
  };
}

/** Program, its arguments and its environment. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<NodeJS.ProcessEnv>;
}

/** Returns the command that runs the emulator: in a Python, or in a container with the extension and the state's folder. */
export function emulatorCommand(
  installation: EmulatorInstallation,
  where: { readonly port: number; readonly stateFile?: string | undefined },
): Command {
  const { minimum, newestTested } = toolVersions.moto;
  const options = ["--until-stdin-closes", "--supported-moto", minimum, newestTested];
  options.push("--port", String(where.port));
  if (installation.kind === "python") {
    const state = where.stateFile ? ["--state", where.stateFile] : [];
    return {
      program: installation.python,
      args: [join(EXTENSION_FOLDER, "server.py"), "--host", "127.0.0.1", ...options, ...state],
      env: { ...withoutAwsSettings(process.env), ...MOTO_SETTINGS },
    };
  }
  const mounts = ["--volume", `${EXTENSION_FOLDER}:/extension:ro`];
  const state: string[] = [];
  if (where.stateFile) {
    mounts.push("--volume", `${dirname(where.stateFile)}:/state`);
    state.push("--state", `/state/${basename(where.stateFile)}`);
  }
  const settings = Object.entries(MOTO_SETTINGS).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  return {
    program: installation.docker,
    args: [
      ...["run", "--rm", "--interactive", "--publish", `127.0.0.1:${where.port}:${where.port}`],
      ...["--user", `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`],
      ...mounts,
      ...settings,
      ...["--entrypoint", "python", installation.image],
      ...["/extension/server.py", "--host", "0.0.0.0", ...options, ...state],
    ],
    env: process.env,
  };
}

const MOTO_SETTINGS = {
  // Without it, attaching an AWS-managed policy fails.
  MOTO_IAM_LOAD_MANAGED_POLICIES: "true",
  // The extension's folder is part of the repository and may be read-only.
  PYTHONDONTWRITEBYTECODE: "1",
  PYTHONUNBUFFERED: "1",
};

/** Removes AWS profiles and endpoints of the user: the emulator uses the AWS SDK for its lists of regions. */
function withoutAwsSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith("AWS_") && !name.startsWith("MOTO_")),
  );
}

async function launch(command: Command, logFile: string): Promise<ChildProcess> {
  const log = await open(logFile, "w", 0o600);
  try {
    const child = spawn(command.program, command.args, {
      env: command.env,
      stdio: ["pipe", log.fd, log.fd],
      // A separate process group: Ctrl-C in the terminal reaches the caller, which then stops the emulator.
      detached: true,
    });
    await once(child, "spawn").catch((error: Error) => {
      throw new EmulatorError("failed", `The AWS emulator cannot start: ${error.message}.`, { cause: error });
    });
    // A running emulator does not keep Node running: when its standard input closes, it saves and ends.
    child.unref();
    if (child.stdin instanceof Socket) child.stdin.unref();
    return child;
  } finally {
    await log.close();
  }
}

function portTaken(port: number): EmulatorError {
  return new EmulatorError("port-taken", `Port ${port} on 127.0.0.1 is taken.`, {
    hint: "Choose another one, or none to get a free one.",
  });
}

/** The one line that the extension prints when moto is missing or incompatible. */
const CANNOT_START = /^emulator: cannot start: (.+)$/m;

async function firstAnswer(
  child: ChildProcess,
  endpoint: string,
  port: number,
  logFile: string,
): Promise<z.infer<typeof Status>> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (hasEnded(child)) {
      const output = await lastLines(logFile);
      if (/address already in use|port is already allocated|Port \d+ is in use/i.test(output))
        throw portTaken(port);
      const reason = CANNOT_START.exec(output)?.[1];
      if (reason) throw new EmulatorError("incompatible", `The AWS emulator cannot start: ${reason}`);
      throw new EmulatorError(
        "failed",
        `The AWS emulator ended while starting. End of its log (${logFile}):\n${output}`,
      );
    }
    try {
      return Status.parse(await getJson(`${endpoint}/moto-api/notejam/status`));
    } catch {
      await delay(POLL_MS); // not listening yet
    }
  }
  throw new EmulatorError(
    "failed",
    `The AWS emulator did not respond on ${endpoint} within ${START_TIMEOUT_MS / 1000} s.`,
    { hint: `See ${logFile}.` },
  );
}

async function save(endpoint: string): Promise<number> {
  const response = await fetch(`${endpoint}/moto-api/notejam/save`, { method: "POST" });
  const answer = Saved.parse(await response.json());
  if ("error" in answer) throw new EmulatorError("failed", `The AWS emulator did not save: ${answer.error}.`);
  return answer.bytes;
}

async function loseRegions(endpoint: string, regions: readonly string[]): Promise<void> {
  await fetch(`${endpoint}/moto-api/notejam/outage`, { method: "POST", body: JSON.stringify(regions) });
}

async function stop(child: ChildProcess, logFile: string): Promise<void> {
  if (hasEnded(child)) return;
  child.ref();
  child.kill("SIGTERM");
  const tooLate = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  const [, signal] = await once(child, "exit");
  clearTimeout(tooLate);
  if (signal !== "SIGKILL") return;
  throw new EmulatorError(
    "failed",
    `The AWS emulator did not stop within ${STOP_TIMEOUT_MS / 1000} s and was killed.`,
    { hint: `See ${logFile}.` },
  );
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(START_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} responded with ${response.status}`);
  return response.json();
}

async function prepareLogFile(wanted: string | undefined, stateFile: string | undefined): Promise<string> {
  if (wanted) {
    await mkdir(dirname(resolve(wanted)), { recursive: true });
    return resolve(wanted);
  }
  if (stateFile) {
    await mkdir(dirname(stateFile), { recursive: true });
    return `${stateFile}.log`;
  }
  return join(await mkdtemp(join(tmpdir(), "notejam-emulator-")), "emulator.log");
}

async function lastLines(file: string): Promise<string> {
  return (await readFile(file, "utf8")).trimEnd().split("\n").slice(-12).join("\n");
}
