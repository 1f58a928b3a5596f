import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { writeExecutable } from "../executable.js";

/** Creates a temporary folder, which is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "notejam-local-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function executable(file: string, lines: string): string {
  writeExecutable(file, `#!${process.execPath}\n${lines}`);
  return file;
}

export interface FakeTerraform {
  readonly product?: "Terraform" | "OpenTofu";
  readonly version?: string;
  /** Behavior of an apply: succeeds, reports these errors, or runs until it is interrupted. */
  readonly apply?: "succeeds" | "hangs" | { readonly fails: readonly Record<string, unknown>[] };
}

/**
 * Creates a program that behaves like Terraform. It writes the state file of the override, and logs each call and signal
 * in `terraform.calls` in the same folder.
 */
export function fakeTerraform(
  folder: string,
  { product = "Terraform", version = "1.11.4", apply = "succeeds" }: FakeTerraform = {},
): string {
  return executable(
    join(folder, "terraform"),
    `
const { appendFileSync, readFileSync, writeFileSync } = require("node:fs");
const calls = ${JSON.stringify(join(folder, "terraform.calls"))};
const behaviour = ${JSON.stringify(apply)};
const say = (event) => console.log(JSON.stringify(event));
const [command] = process.argv.slice(2);
if (command === "version") {
  console.log(${JSON.stringify(`${product} v${version}
on linux_amd64`)});
  process.exit(0);
}
const hangs = command === "apply" && behaviour === "hangs";
// Handle the signal before the call is logged: tests send it when they see the line.
if (hangs) {
  process.on("SIGINT", () => {
    appendFileSync(calls, "SIGINT\\n");
    setTimeout(() => { save(); appendFileSync(calls, "saved\\n"); process.exit(1); }, 900);
  });
}
appendFileSync(calls, process.argv.slice(2).join(" ") + "\\n");
const override = JSON.parse(readFileSync("override.tf.json", "utf8"));
const instances = [{ attributes: { bucket: "notes" } }];
const resources = [{ mode: "managed", type: "aws_s3_bucket", name: "notes", instances }];
const save = () => writeFileSync(override.terraform.backend.local.path, JSON.stringify({ version: 4, outputs: {}, resources }));
const resource = { addr: "aws_s3_bucket.notes" };
if (command === "apply") {
  say({ type: "planned_change", change: { resource, action: "create" } });
  say({ type: "change_summary", changes: { add: 1, change: 0, remove: 0, operation: "plan" } });
  say({ type: "apply_start", hook: { resource, action: "create" } });
  if (hangs) {
    setInterval(() => {}, 1000);
  } else if (behaviour === "succeeds") {
    save();
    say({ type: "apply_complete", hook: { resource, action: "create", elapsed_seconds: 1 } });
  } else {
    save();
    for (const diagnostic of behaviour.fails) say({ type: "diagnostic", diagnostic: { severity: "error", ...diagnostic } });
    process.exitCode = 1;
  }
}
`,
  );
}

/** Creates a program that behaves like a Python with moto, and like the emulator. */
export function fakeEmulatorPython(folder: string): string {
  return executable(
    join(folder, "python"),
    `
const { appendFileSync, existsSync, writeFileSync } = require("node:fs");
const args = process.argv.slice(2);
const calls = ${JSON.stringify(join(folder, "emulator.calls"))};
if (args[0] === "-c") {
  console.log("5.2.1");
  process.exit(0);
}
const option = (name) => args[args.indexOf(name) + 1];
const stateFile = option("--state");
const restored = existsSync(stateFile);
appendFileSync(calls, "started " + process.pid + "\\n");
const save = () => { writeFileSync(stateFile, "contents"); return { bytes: 8 }; };
const answers = {
  "/moto-api/notejam/status": () => ({ moto: "5.2.1", restored, whyNotRestored: restored ? "" : "there is none yet" }),
  "/moto-api/notejam/save": save,
  "/moto-api/notejam/resources": () => ({ resources: [] }),
};
const stop = () => { save(); appendFileSync(calls, "saved and stopped\\n"); process.exit(0); };
process.on("SIGTERM", stop);
process.stdin.resume().on("end", stop);
require("node:http")
  .createServer((request, response) => response.end(JSON.stringify((answers[request.url] ?? (() => ({})))())))
  .listen(Number(option("--port")), "127.0.0.1");
`,
  );
}

/** Creates a provider mirror with empty folders of the right names. */
export function fakeMirror(
  folder: string,
  platform: string,
  versions: readonly string[] = ["5.100.0"],
  host = "registry.terraform.io",
): string {
  const mirror = join(folder, "mirror");
  for (const version of versions) {
    mkdirSync(join(mirror, host, "hashicorp/aws", version, platform), { recursive: true });
  }
  mkdirSync(mirror, { recursive: true });
  return mirror;
}

/** Smallest stack that a local run can apply. */
export const SMALL_STACK = {
  terraform: {
    cloud: { organization: "example", workspaces: { name: "notejam-dev" } },
    required_providers: { aws: { source: "aws", version: "6.25.0" } },
  },
  provider: { aws: [{ region: "eu-west-1" }, { alias: "dr", region: "eu-central-1" }] },
  variable: { db_pass: { type: "string", sensitive: true, ephemeral: true } },
  resource: { aws_s3_bucket: { notes: { bucket: "notes" } } },
};

/**
 * Adds a Notejam application to a project folder: an `app` whose build is a server that is ready immediately, and a GitOps
 * stack, because an environment without one has no cluster.
 */
export function addApplication(project: string): void {
  const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
  symlinkSync(modules, join(project, "node_modules"));
  mkdirSync(join(project, "app"), { recursive: true });
  writeFileSync(join(project, "app/package.json"), "{}");
  const server = `
import { createServer } from "node:http";
const server = createServer((_, response) => response.end("ready"));
server.listen(Number(process.env.PORT), process.env.HOST, () => console.log('{"msg":"listening"}'));
process.on("SIGTERM", () => process.exit(0));
`;
  writeFileSync(
    join(project, "app/build.ts"),
    `import { mkdirSync, writeFileSync } from "node:fs";
const folder: string = process.argv[2] ?? "";
mkdirSync(folder, { recursive: true });
writeFileSync(folder + "/notejam.mjs", ${JSON.stringify(server)});
`,
  );
  const app = readFileSync(join(project, "app.mjs"), "utf8");
  writeFileSync(
    join(project, "app.mjs"),
    `${app}mkdirSync(out + "/stacks/notejam-dev-gitops", { recursive: true });
writeFileSync(out + "/stacks/notejam-dev-gitops/cdk.tf.json", "{}");
`,
  );
}

/** Creates a project folder. @param app source of the app. @default an app that writes one stack */
export function projectFolder(folder: string, stack: object = SMALL_STACK, app?: string): string {
  const project = join(folder, "project");
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, "cdktf.json"), JSON.stringify({ app: `${process.execPath} app.mjs` }));
  const path = "stacks/notejam-dev/cdk.tf.json";
  const manifest = {
    version: "0",
    stacks: { "notejam-dev": { name: "notejam-dev", synthesizedStackPath: path } },
  };
  const writes = `
import { mkdirSync, writeFileSync } from "node:fs";
const out = process.env.CDKTF_OUTDIR;
mkdirSync(out + "/stacks/notejam-dev", { recursive: true });
writeFileSync(out + "/${path}", ${JSON.stringify(JSON.stringify(stack))});
writeFileSync(out + "/manifest.json", ${JSON.stringify(JSON.stringify(manifest))});
`;
  writeFileSync(join(project, "app.mjs"), app ?? writes);
  return project;
}

/** Result of a command. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedCommand {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Output so far. */
  printed(): string;
  signal(signal: NodeJS.Signals): void;
  /** Closes its output, like `| head`. */
  hangUp(): void;
}

const NOTEJAM = fileURLToPath(new URL("../../src/cli/index.ts", import.meta.url));
const TSX = import.meta.resolve("tsx");

/** Runs the command of `npm start` in a project folder. */
export function startCommand(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv): StartedCommand {
  const child = spawn(process.execPath, ["--import", TSX, NOTEJAM, "start", ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr.on("data", (data: Buffer) => {
    stderr += data.toString();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
  return {
    pid: child.pid ?? 0,
    ended,
    printed: () => stdout,
    signal: (signal) => child.kill(signal),
    hangUp: () => child.stdout.destroy(),
  };
}

/** Returns the calls that a fake logged. */
export function callsOf(folder: string, program: "terraform" | "emulator"): string[] {
  const file = join(folder, `${program}.calls`);
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}
