import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, readFile } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { freePort, isFree } from "../src/local/ports.js";
import toolVersions from "../tool-versions.json" with { type: "json" };
import { type EmulatorInstallation, findEmulator } from "./find-emulator.js";

/** The account that moto answers for. */
const EMULATED_ACCOUNT = "123456789012";

/** The Python side: what this project changes in moto. */
const EXTENSION_FOLDER = fileURLToPath(new URL("./extension", import.meta.url));

/** A cold start takes 2 s, restoring a full environment some more; a busy machine ten times that. */
const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** A free port may be taken by someone else before moto listens on it. */
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
   * Where the emulator keeps its contents: restored at start, saved while it runs and when it stops.
   *
   * @default nothing is kept
   */
  readonly stateFile?: string;
  /**
   * Port on the loopback interface.
   *
   * @default a free one
   */
  readonly port?: number;
  /**
   * Where the emulator's output goes; replaced at each start.
   *
   * @default beside the state file with the ending `.log`, or a new folder of the system's temporary folder
   */
  readonly logFile?: string;
  /**
   * What to run.
   *
   * @default what `findEmulator()` finds
   */
  readonly installation?: EmulatorInstallation;
}

/** One thing in the emulator that somebody made. */
export interface EmulatedResource {
  /** AWS's short name of the service: `ec2`, `s3`. */
  readonly service: string;
  /** Region, or `global`. */
  readonly region: string;
  /** The kind in the service's own words: `subnet`, `bucket`. */
  readonly type: string;
  /** Id or name, as the service gives it. */
  readonly id: string;
}

/** How the emulator's process ended. */
export interface EmulatorEnd {
  /** Whether `stop()` asked for it. */
  readonly asked: boolean;
  /** In words for people, with where to look. */
  readonly how: string;
}

/** A running emulator. It ends with this process, however this process ends. */
export interface Emulator {
  /** `http://127.0.0.1:<port>`: the address, not `localhost`, or S3 fails. */
  readonly endpoint: string;
  readonly account: string;
  /** Whether the contents came from the state file. */
  readonly restored: boolean;
  /** Why the emulator started empty, in words for people; empty when it was restored. */
  readonly whyNotRestored: string;
  /** Path of the damaged or incompatible state file that was renamed at startup. Only the last one is kept. */
  readonly oldStateFile: string | undefined;
  /** What people should know, one line each; empty when all is as tried. */
  readonly warnings: readonly string[];
  readonly logFile: string;
  /** Settles when the emulator's process is gone: after `stop()`, or because it failed. Never rejects. */
  readonly ended: Promise<EmulatorEnd>;
  /** Variables with which Terraform's AWS provider and the AWS SDKs talk to the emulator. No region among them. */
  readonly environment: Readonly<Record<string, string>>;
  /** Saves the contents now; returns the size in bytes (0 without a state file). */
  save(): Promise<number>;
  /** What somebody made and nobody deleted; what AWS itself makes (default VPCs, managed policies) is left out. */
  listResources(): Promise<readonly EmulatedResource[]>;
  /** From now on every call that is signed for one of these regions fails; an empty list brings all of them back. */
  loseRegions(regions: readonly string[]): Promise<void>;
  /** Saves and ends the emulator. Further calls do nothing. */
  stop(): Promise<void>;
}

/**
 * Starts moto with this project's extension and waits until it answers.
 *
 * @throws MissingTool when moto is nowhere to be found
 * @throws UnsuitableMoto when moto is incompatible with the extension
 * @throws PortTaken when a port is asked for and in use
 */
export async function startEmulator(options: StartEmulatorOptions = {}): Promise<Emulator> {
  const installation = options.installation ?? (await findEmulator());
  const stateFile = options.stateFile === undefined ? undefined : resolve(options.stateFile);
  const logFile = await prepareLogFile(options.logFile, stateFile);
  if (stateFile) await mkdir(dirname(stateFile), { recursive: true });

  if (options.port !== undefined) {
    if (!(await isFree(options.port))) throw new PortTaken(options.port);
    return startOn(options.port, installation, stateFile, logFile);
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOn(await freePort(), installation, stateFile, logFile);
    } catch (problem) {
      if (!(problem instanceof PortTaken) || attempt === ATTEMPTS_AT_A_RANDOM_PORT) throw problem;
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
  let asked = false;
  const ended = once(child, "exit").then(([code, signal]) => ({
    asked,
    how: `The AWS emulator ended (${signal ? `by ${signal}` : `exit status ${code}`}). Look at ${logFile}.`,
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
        asked = true;
        return stop(child, logFile);
      },
    };
  } catch (problem) {
    child.kill("SIGKILL");
    throw problem;
  }
}

/** Variables with which Terraform's AWS provider and the AWS SDKs talk to the emulator at `endpoint`. */
export function environmentFor(endpoint: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_EC2_METADATA_DISABLED: "true",
    // Some calls carry the account in front of the host's name (123456789012.127.0.0.1), which no resolver knows: the
    // emulator is their proxy as well. Loopback addresses themselves are never proxied, and TLS has its own variable.
    HTTP_PROXY: endpoint,
    CHECKPOINT_DISABLE: "1",
  };
}

/** A program, its arguments and its environment. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<NodeJS.ProcessEnv>;
}

/** How to run the emulator: with an interpreter, or in a container that sees the extension and the state's folder. */
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
  // Without them an attachment of an AWS-managed policy fails.
  MOTO_IAM_LOAD_MANAGED_POLICIES: "true",
  // The extension's folder may be read-only, and is part of the repository.
  PYTHONDONTWRITEBYTECODE: "1",
  PYTHONUNBUFFERED: "1",
};

/** A developer's profile or endpoint must not reach the emulator, which uses the AWS SDK for its lists of regions. */
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
      // Its own process group: Ctrl-C in the terminal is for the caller, who then stops the emulator.
      detached: true,
    });
    await once(child, "spawn");
    // Whoever forgets to stop the emulator is not kept waiting by it: its input closes, and it saves and ends.
    child.unref();
    if (child.stdin instanceof Socket) child.stdin.unref();
    return child;
  } finally {
    await log.close();
  }
}

/** The port that was asked for is in use. Its message is for people. */
export class PortTaken extends Error {
  override readonly name = "PortTaken";

  constructor(port: number) {
    super(`Port ${port} on 127.0.0.1 is taken: choose another one, or none to get a free one.`);
  }
}

/** moto is missing or incompatible with the extension. The message is one line that is shown to the user. */
export class UnsuitableMoto extends Error {
  override readonly name = "UnsuitableMoto";
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
        throw new PortTaken(port);
      const reason = CANNOT_START.exec(output)?.[1];
      if (reason) throw new UnsuitableMoto(`The AWS emulator cannot start: ${reason}`);
      throw new Error(`The AWS emulator ended while starting. Its last words (${logFile}):\n${output}`);
    }
    try {
      return Status.parse(await getJson(`${endpoint}/moto-api/notejam/status`));
    } catch {
      await delay(POLL_MS); // not listening yet
    }
  }
  throw new Error(
    `The AWS emulator did not answer on ${endpoint} in ${START_TIMEOUT_MS / 1000} s. Look at ${logFile}.`,
  );
}

async function save(endpoint: string): Promise<number> {
  const response = await fetch(`${endpoint}/moto-api/notejam/save`, { method: "POST" });
  const answer = Saved.parse(await response.json());
  if ("error" in answer) throw new Error(`The AWS emulator did not save: ${answer.error}`);
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
  throw new Error(
    `The AWS emulator did not stop in ${STOP_TIMEOUT_MS / 1000} s and was killed. Look at ${logFile}.`,
  );
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(START_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
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
