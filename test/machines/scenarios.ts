import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import toolVersions from "../../tool-versions.json" with { type: "json" };
import { copyCheckout } from "./checkout.js";
import { expectEnd } from "./expect.js";
import { Machine, type MachineProps, ORDINARY_USER, programIfThere } from "./machine.js";

/** Tools and folders that all scenarios share. */
export interface Workshop {
  /** Folder for all files of the scenarios; deleted at the end. */
  readonly folder: string;
  /** A clean clone after `npm ci --ignore-scripts`. Scenarios must not change it. */
  readonly checkout: string;
  /** Creates a clean clone of the last commit. */
  readonly clone: (name: string) => string;
  /** Node and npm of this machine, or those of the given versions. */
  readonly node: (version?: string, npm?: string) => Promise<Pick<MachineProps, "node" | "npm">>;
  /** Prints a line about the progress. */
  readonly say: (line: string) => void;
}

export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** Returns the reason why the scenario cannot run here, or undefined. */
  readonly impossible?: () => string | undefined;
  /** @throws Error if a command has an unexpected result */
  readonly run: (workshop: Workshop) => Promise<void>;
}

const isRoot = process.getuid?.() === 0;
const needsRoot = () => (isRoot ? undefined : "only root can do that");
const needs = (...programs: readonly string[]) => {
  const missing = programs.filter((name) => programIfThere(name) === undefined);
  return missing.length === 0 ? undefined : `${missing.join(", ")} not found`;
};

const ANSWERS = /^Notejam is at http:\/\/127\.0\.0\.1:\d+: sign up there/m;
const ALONE = /^Notejam of dev runs on its embedded database\./m;
const NO_MANIFESTS =
  /^ {2}Left out: rendering and checking what Flux applies\. Neither kubectl .* Install kubectl: \S+$/m;
const NO_AWS = /^ {2}Left out: the emulated AWS, .*\(the stacks are synthesized, not applied\)\. /m;
const NO_TERRAFORM =
  /Left out: the emulated AWS.*Terraform was not found: .*Install Terraform \S+ or newer: \S+/;
const NO_PROVIDER =
  /Left out: the emulated AWS.*The AWS provider was not found: .*does not respond\. .*TF_PLUGIN_MIRROR/;
const NO_MOTO = /Left out: the emulated AWS.*moto.*--install-emulator/;
const START = "npm start -- --once --app-port 0";

/** Runs both commands of the README. */
async function readmeCommands(machine: Machine, checkout: string, say: Workshop["say"]): Promise<void> {
  const start = `npm ci && ${START}`;
  expectEnd(start, await machine.run(start, checkout), {
    status: 0,
    prints: [NO_MANIFESTS, NO_AWS, NO_TERRAFORM, ANSWERS, ALONE],
  });
  const tests = await machine.run("npm ci && npm test", checkout);
  const [summary = ""] = /^ *Tests .*$/m.exec(plain(tests.stdout)) ?? [];
  say(summary.trim());
  expectEnd(
    "npm ci && npm test",
    { ...tests, stdout: plain(tests.stdout) },
    {
      status: 0,
      prints: [/^ *Tests +[1-9]\d+ passed/m],
    },
  );
}

/** Removes colour codes. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with the control character ESC
  return text.replaceAll(/\u001b\[[\d;]*m/g, "");
}

const NODE_ALONE: Scenario = {
  name: "node-alone",
  about: "only Node, npm, Git, a shell and coreutils: both README commands",
  async run({ folder, clone, node, say }) {
    const machine = new Machine({ folder, ...(await node()) });
    const checkout = clone("node-alone");
    await readmeCommands(machine, checkout, say);
  },
};

const SIGNALS: Scenario = {
  name: "signals",
  about: "Ctrl-C, and SIGTERM to npm as from a supervisor: all processes end, with status 0 after Ctrl-C",
  async run({ folder, checkout, node }) {
    const machine = new Machine({ folder, ...(await node()) });
    // The shell replaces itself with npm, as in a terminal.
    const start = "exec npm start -- --app-port 0";
    const interrupted = machine.start(start, checkout);
    await interrupted.says(/^Ctrl-C stops it/m);
    interrupted.signal("SIGINT");
    expectEnd("npm start, stopped by Ctrl-C", await interrupted.ended, { status: 0, prints: [ANSWERS] });
    await requireNoProcesses(checkout);

    const supervised = machine.start(start, checkout);
    await supervised.says(/^Ctrl-C stops it/m);
    supervised.terminate();
    await supervised.ended;
    await requireNoProcesses(checkout);
  },
};

/** @throws Error if processes that mention a folder are still running after some seconds */
async function requireNoProcesses(folder: string): Promise<void> {
  let left = processesIn(folder);
  for (let attempt = 0; left.length > 0 && attempt < 50; attempt += 1) {
    await delay(200);
    left = processesIn(folder);
  }
  if (left.length > 0) throw new Error(`npm start left processes behind: ${left.join(", ")}`);
}

/** Command lines of processes that mention a folder. */
function processesIn(folder: string): string[] {
  const pids = existsSync("/proc") ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  return pids.flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      return line.includes(folder) ? [line] : [];
    } catch {
      return []; // it has ended
    }
  });
}

/** The oldest npm runs on the oldest Node. */
const NPM_OF: Readonly<Record<string, string>> = { "20": "10", "22": "11", "24": "12", "26": "12" };

const NODES: readonly Scenario[] = toolVersions.node.tested.map((version) => {
  const [major = ""] = version.split(".");
  const npm = NPM_OF[major] ?? "latest";
  return {
    name: `node-${major}`,
    about: `Node ${version} with npm ${npm} and nothing else: both README commands`,
    async run({ folder, clone, node, say }) {
      const machine = new Machine({ folder, ...(await node(version, npm)) });
      await readmeCommands(machine, clone(`node-${major}`), say);
    },
  };
});

const NODE_18: Scenario = {
  name: "node-18",
  about: "an unsupported Node: one line",
  async run({ folder, checkout, node }) {
    const machine = new Machine({ folder, ...(await node("18.20.8", "10")) });
    const tooOld = /^Node 18\.20\.8 is too old: Notejam needs Node \S+ or newer\. Get it at \S+$/m;
    for (const command of ["npm start", "npm test"]) {
      expectEnd(command, await machine.run(command, checkout), { status: 2, warns: [tooOld] });
    }
  },
};

const NO_REGISTRY: Scenario = {
  name: "terraform-without-provider",
  about: "Terraform, but no mirror and a registry that cannot be reached",
  impossible: () => needs("terraform"),
  async run({ folder, checkout, node }) {
    // Nothing listens on port 9; TF_PLUGIN_MIRROR hides the mirrors that this machine may have.
    const empty = join(folder, "empty");
    mkdirSync(empty, { recursive: true });
    const unreachable = { HTTPS_PROXY: "http://127.0.0.1:9", TF_PLUGIN_MIRROR: empty };
    const machine = new Machine({ folder, ...(await node()), programs: ["terraform"], env: unreachable });
    expectEnd(START, await machine.run(START, checkout), {
      status: 0,
      prints: [
        /Left out: the emulated AWS.*does not hold hashicorp\/aws.*unset TF_PLUGIN_MIRROR/,
        ANSWERS,
        ALONE,
      ],
    });
    if (!isRoot || needs("unshare", "mount") !== undefined) return;
    const hidden = ["/opt", "/usr/local/share"].filter((each) => existsSync(each));
    const hide = hidden.map((each) => `mount -t tmpfs none ${each}`).join(" && ");
    const alone = new Machine({
      folder,
      ...(await node()),
      programs: ["terraform", "unshare", "mount"],
      env: { HTTPS_PROXY: "http://127.0.0.1:9" },
    });
    const command = `unshare --mount sh -c '${hide} && ${START}'`;
    expectEnd(command, await alone.run(command, checkout), {
      status: 0,
      prints: [NO_PROVIDER, ANSWERS, ALONE],
    });
  },
};

const NO_PYTHON: Scenario = {
  name: "without-python",
  about: "Terraform, but no Python: npm start skips the emulator and prints how to install it",
  impossible: () => needs("terraform"),
  async run({ folder, checkout, node }) {
    const machine = new Machine({ folder, ...(await node()), programs: ["terraform"] });
    expectEnd(START, await machine.run(START, checkout), { status: 0, prints: [NO_MOTO, ANSWERS, ALONE] });
    const strict = `${START} --require all`;
    expectEnd(strict, await machine.run(strict, checkout), {
      status: 2,
      warns: [/^--require asks for parts that cannot run on this machine: manifests, aws\. .*moto/m],
    });
  },
};

const NEWEST_MOTO: Scenario = {
  name: "newest-moto",
  about: "Terraform, a provider mirror or the registry, the newest moto in a virtual environment, no kubectl",
  impossible: () => needs("terraform", "python3"),
  async run({ folder, checkout, node, say }) {
    const executable = "import sys; print(sys.executable)";
    const python3 = execFileSync("python3", ["-c", executable], { encoding: "utf8" }).trim();
    const machine = new Machine({
      folder,
      ...(await node()),
      programs: ["terraform"],
      wrapped: { python3 },
    });
    const state = join(folder, "newest-moto");
    const command = `${START} --install-emulator --state ${state}`;
    const ended = await machine.run(command, checkout);
    for (const line of ended.stdout.match(/^ {2}(Terraform|AWS provider|moto) .*$/gm) ?? []) say(line.trim());
    expectEnd(command, ended, {
      status: 0,
      prints: [
        NO_MANIFESTS,
        new RegExp(`moto ${toolVersions.moto.newestTested.replaceAll(".", "\\.")} `),
        /^Apply notejam-dev: done/m,
        ANSWERS,
        ALONE,
      ],
    });
    const again = `npm start -- --once --no-app --check --state ${state}`;
    expectEnd(again, await machine.run(again, checkout), { status: 0, prints: [/nothing to change/] });
  },
};

const KUBECTL: Scenario = {
  name: "kubectl-alone",
  about: "kubectl and nothing else: what Flux applies is rendered and checked",
  impossible: () => needs("kubectl"),
  async run({ folder, checkout, node }) {
    const machine = new Machine({ folder, ...(await node()), programs: ["kubectl"] });
    expectEnd(START, await machine.run(START, checkout), {
      status: 0,
      prints: [/^ {2}\d+ objects, 0 errors$/m, NO_AWS, ANSWERS],
    });
  },
};

const PORT_TAKEN: Scenario = {
  name: "port-taken",
  about: "the port is in use: uses a free one, or fails when the port was requested",
  async run({ folder, checkout, node }) {
    const machine = new Machine({ folder, ...(await node()) });
    const server = createServer().listen(3000, "127.0.0.1");
    await new Promise((done) => server.once("listening", done).once("error", done));
    try {
      const start = "npm start -- --once";
      expectEnd(start, await machine.run(start, checkout), { status: 0, prints: [ANSWERS] });
      const asked = `${start} --app-port 3000`;
      expectEnd(asked, await machine.run(asked, checkout), {
        status: 2,
        warns: [/^Port 3000 on 127\.0\.0\.1 is taken\. Choose another one with --app-port/m],
      });
    } finally {
      server.close();
    }
  },
};

const READ_ONLY: Scenario = {
  name: "read-only-checkout",
  about: "a checkout on a read-only file system: the state is kept elsewhere",
  impossible: () => needsRoot() ?? needs("unshare", "mount"),
  async run({ folder, checkout, node }) {
    const machine = new Machine({ folder, ...(await node()), programs: ["unshare", "mount"] });
    const readOnly = `mount --bind ${checkout} ${checkout} && mount -o remount,bind,ro ${checkout}`;
    const command = `unshare --mount sh -c '${readOnly} && cd ${checkout} && ${START}'`;
    expectEnd(command, await machine.run(command, folder), {
      status: 0,
      prints: [
        /^The checkout is read-only\. The state is kept in \S+\/home\/\.local\/state\/notejam\//m,
        ANSWERS,
      ],
    });
  },
};

const OTHER_USER: Scenario = {
  name: "ordinary-user",
  about: "a user who is not root, whose home folder does not exist: both README commands",
  impossible: () => needsRoot() ?? needs("setpriv"),
  async run({ folder, clone, node, say }) {
    const checkout = clone("ordinary-user");
    const cache = join(folder, "npm-cache-of-user");
    mkdirSync(cache, { recursive: true });
    for (const each of [checkout, cache]) {
      execFileSync("chown", ["-R", `${ORDINARY_USER.uid}:${ORDINARY_USER.gid}`, each]);
    }
    const machine = new Machine({ folder, ...(await node()), isOrdinaryUser: true });
    await readmeCommands(machine, checkout, say);

    // The search for a provider meets folders that the user cannot enter.
    if (needs("terraform") !== undefined) return;
    const withTerraform = new Machine({
      folder,
      ...(await node()),
      programs: ["terraform"],
      isOrdinaryUser: true,
    });
    expectEnd(START, await withTerraform.run(START, checkout), { status: 0, prints: [NO_MOTO, ANSWERS] });
  },
};

const BAD_INPUT: Scenario = {
  name: "bad-input",
  about: "invalid environments, a stale lock, a database of another version: one message each, no data loss",
  async run({ folder, checkout: installed, node }) {
    const machine = new Machine({ folder, ...(await node()) });
    const checkout = copyCheckout(installed, join(folder, "bad-input"));
    const state = join(checkout, ".notejam");
    const embedded = join(state, "applications/dev/embedded");
    const run = async (command: string, expectation: Parameters<typeof expectEnd>[2]) =>
      expectEnd(command, await machine.run(command, checkout), expectation);

    await run(`${START} --env nowhere`, {
      status: 2,
      warns: [/^There is no environment "nowhere" .*Choose from: bootstrap, dev, /m],
    });
    await run(`${START} --require everything`, { status: 2, warns: [/Choose from: all, manifests/] });

    const dev = join(checkout, "environments/dev.ts");
    const text = readFileSync(dev, "utf8");
    writeFileSync(dev, text.slice(0, text.length / 2));
    await run(START, {
      status: 2,
      warns: [/environments\/dev\.ts\n.*cannot be loaded as a TypeScript module/],
    });
    writeFileSync(dev, text.replace(/vpcCidr: "[^"]*"/, 'vpcCidr: "10.20.0.0/99"'));
    await run(START, {
      status: 2,
      warns: [/environments\/dev\.ts\n {2}vpcCidr: "10\.20\.0\.0\/99" is not allowed/],
    });
    writeFileSync(dev, text);

    await run(START, { status: 0, prints: [ANSWERS] });
    writeFileSync(join(state, "lock"), JSON.stringify({ pid: 2 ** 22 + 1, started: "1" }));
    await run(START, { status: 0, prints: [ANSWERS] });

    const files = readdirSync(embedded, { recursive: true, encoding: "utf8" });
    const version = files.find((file) => file.endsWith("pgdata/PG_VERSION")) ?? "";
    const before = readFileSync(join(embedded, version), "utf8");
    writeFileSync(join(embedded, version), "11\n");
    await run(START, {
      status: 2,
      warns: [/The embedded database in \S+ cannot be opened\. PostgreSQL 11 wrote it/],
    });
    writeFileSync(join(embedded, version), before);
    await run(START, { status: 0, prints: [ANSWERS] });
  },
};

/** All scenarios, in order. */
export const SCENARIOS: readonly Scenario[] = [
  NODE_ALONE,
  SIGNALS,
  NODE_18,
  NO_REGISTRY,
  NO_PYTHON,
  KUBECTL,
  PORT_TAKEN,
  READ_ONLY,
  BAD_INPUT,
  OTHER_USER,
  NEWEST_MOTO,
  ...NODES,
];
