import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  Application,
  databaseFolder,
  type KeptBackups,
  type RunningApplication,
} from "./application/application.js";
import { findKubectl } from "./application/cluster-objects.js";
import { findPostgres, type PostgresInstallation } from "./application/find-postgres.js";
import { describeDifferences } from "./application/local-pod.js";
import { keptMajor } from "./application/postgres.js";
import { applyStack, destroyStack, type StackRunProps } from "./apply-stack.js";
import { type Emulator, startEmulator } from "./emulator/emulator.js";
import { type EmulatorInstallation, findEmulator } from "./emulator/find-emulator.js";
import type { Interruption } from "./interruption.js";
import { readOutputs, renderInventory, takeInventory } from "./inventory.js";
import { takeLock } from "./lock.js";
import { type PreparedStack, prepareStack, stacksOf } from "./prepare-stack.js";
import { LocalProblem } from "./problem.js";
import type { Progress } from "./progress.js";
import { cliConfigFor, findProviderMirror } from "./provider-mirror.js";
import { type StateFolder, writeWhole } from "./state-folder.js";
import { type SynthesizedStack, synthesize } from "./synthesize.js";
import { findTerraform, type Terraform, TerraformFailed } from "./terraform.js";

export interface LocalRunProps {
  /** The project's folder, which holds `cdktf.json`. */
  readonly projectFolder: string;
  readonly folder: StateFolder;
  /** Names of environments: `dev`. */
  readonly environments: readonly string[];
  /**
   * The emulator's port on the loopback interface.
   *
   * @default a free one
   */
  readonly port?: number;
  /** Start from an empty account. */
  readonly fresh: boolean;
  /** Plan again even if nothing changed since the last complete apply. */
  readonly check: boolean;
  /** End after the table instead of staying until Ctrl-C. */
  readonly once: boolean;
  /** Run Notejam itself, too. */
  readonly application: boolean;
  /**
   * Notejam's port on the loopback interface; 0 for a free one.
   *
   * @default the pod's own, or a free one where that is taken
   */
  readonly applicationPort?: number;
  /** Operations that Terraform runs at once. */
  readonly parallelism: number;
  readonly progress: Progress;
  readonly interruption: Interruption;
  readonly print: (line: string) => void;
}

interface Tools {
  readonly terraform: Terraform;
  readonly emulator: EmulatorInstallation;
  /** Terraform's CLI configuration when a mirror is used. */
  readonly cliConfig: string | undefined;
  /** By environment; none when the application is left out. */
  readonly postgres: ReadonlyMap<string, PostgresInstallation>;
}

/** Raises environments in the emulated account, runs Notejam in each, shows what stands, and stays until it is told to stop. */
export async function runLocal(props: LocalRunProps): Promise<void> {
  await inFolder(props, async (tools, endedBadly) => {
    if (props.fresh) {
      props.folder.forgetAccount();
      props.folder.forgetApplications();
    }
    const stacks = await synthesizeStacks(props, tools.terraform);
    if (endedBadly) {
      // Whoever was killed may have written its record before the emulator wrote its contents.
      for (const { record } of stacks) {
        record.forget();
      }
    }
    const cutShort = existsSync(props.folder.applyingFile);
    if (!cutShort && stacks.some((stack) => isDue(stack, props))) {
      props.folder.saveRestorePoint();
    }
    await withApplications(props, tools, stacks, (applications) =>
      withAccount(props, tools, async (account) => {
        try {
          await raise(props, tools, account, stacks, cutShort);
          const running = await startApplications(props, account.emulator, applications);
          show(props, account.emulator, stacks, running);
          if (!props.once) {
            await untilInterrupted(props.interruption, account.emulator, running);
          }
        } finally {
          // Before the account: a program that still runs may need it to end well.
          await stopAll(applications.values());
        }
      }),
    );
  });
}

/** The applications of the environments that have a cluster, by the stack's name. */
type Applications = ReadonlyMap<string, Application>;

/** Begins with the applications before there is an account, and stops them whatever happens. */
async function withApplications(
  props: LocalRunProps,
  tools: Tools,
  stacks: readonly PreparedStack[],
  work: (applications: Applications) => Promise<void>,
): Promise<void> {
  const applications = new Map<string, Application>();
  try {
    for (const { name } of stacks) {
      const application = beginApplication(props, tools, name, applications.size === 0);
      if (application !== undefined) applications.set(name, application);
    }
    await work(applications);
  } finally {
    await stopAll(applications.values());
  }
}

function beginApplication(
  { projectFolder, folder, applicationPort, progress, interruption }: LocalRunProps,
  tools: Tools,
  stack: string,
  first: boolean,
): Application | undefined {
  const instance = environmentOf(stack);
  const postgres = tools.postgres.get(instance);
  const gitopsFile = join(folder.stackFolder(`${stack}-gitops`), "cdk.tf.json");
  // A stack that nothing follows has no cluster: the account's own.
  if (postgres === undefined || !existsSync(gitopsFile)) return undefined;
  return new Application({
    projectFolder,
    instance,
    folder: folder.application(instance),
    platformFile: join(folder.stackFolder(stack), "cdk.tf.json"),
    gitopsFile,
    postgres,
    port: first ? applicationPort : 0,
    progress,
    interruption,
  });
}

async function startApplications(
  { folder, interruption }: LocalRunProps,
  { endpoint }: Emulator,
  applications: Applications,
): Promise<RunningApplication[]> {
  const running: RunningApplication[] = [];
  for (const [stack, application] of applications) {
    interruption.throwIfRequested();
    const outputs = readOutputs(readFileSync(folder.terraformState(stack), "utf8"));
    running.push(await application.start({ endpoint, outputs }));
  }
  return running;
}

async function stopAll(applications: Iterable<Application>): Promise<void> {
  await Promise.all([...applications].map((application) => application.stop()));
}

/** Destroys what stands in the emulated account, says what remains in it, and removes the state folder. */
export async function destroyLocal(props: LocalRunProps): Promise<void> {
  const { folder, print } = props;
  if (!existsSync(folder.path)) {
    print(`There is nothing to remove: ${folder.path} does not exist.`);
    return;
  }
  await inFolder(props, async (tools) => {
    const kept = folder.statesKept();
    if (kept.length > 0) {
      const stacks = await synthesizeStacks(
        { ...props, environments: kept.map(environmentOf) },
        tools.terraform,
      );
      await withAccount(props, tools, async ({ emulator }) => {
        for (const stack of emulator.restored ? stacks : []) {
          await destroyStack(stackRun(props, tools, emulator, stack));
        }
        reportRemains(await emulator.listResources(), print);
      });
    }
  });
  folder.remove();
  print(`${folder.path} is removed.`);
}

function environmentOf(stack: string): string {
  return stack.replace(/^notejam-/, "");
}

function reportRemains(
  remains: Awaited<ReturnType<Emulator["listResources"]>>,
  print: (line: string) => void,
): void {
  print(
    remains.length === 0 ? "Nothing remains in the account." : "Still in the account when it was removed:",
  );
  for (const { service, region, type, id } of remains) {
    print(`  ${service} ${type} ${id} (${region})`);
  }
}

/** Looks for the tools before anything is written, and holds the folder's lock meanwhile. */
async function inFolder(
  props: LocalRunProps,
  work: (tools: Tools, endedBadly: boolean) => Promise<void>,
): Promise<void> {
  const { folder, progress } = props;
  const tools = await progress.step("Look for what is needed", async (step) => {
    const [terraform, emulator, postgres] = await Promise.all([
      findTerraform(),
      findEmulator(),
      findApplicationTools(props),
    ]);
    for (const warning of emulator.warnings) {
      step.note(warning);
    }
    return { terraform, emulator, postgres };
  });
  const mirror = findProviderMirror();
  folder.prepare();
  const lock = takeLock(folder.lockFile);
  try {
    if (mirror !== undefined) {
      writeWhole(folder.cliConfig, cliConfigFor(mirror));
    }
    const cliConfig = mirror === undefined ? undefined : folder.cliConfig;
    await work({ ...tools, cliConfig }, lock.previousEndedBadly);
  } finally {
    lock.release();
  }
}

/** @returns the PostgreSQL of each environment */
async function findApplicationTools({
  application,
  environments,
  folder,
  fresh,
}: LocalRunProps): Promise<Tools["postgres"]> {
  if (!application) return new Map();
  await findKubectl();
  const found = environments.map(async (name) => {
    const kept = fresh ? undefined : keptMajor(databaseFolder(folder.application(name)));
    return [name, await findPostgres({ keptMajor: kept })] as const;
  });
  return new Map(await Promise.all(found));
}

async function synthesizeStacks(props: LocalRunProps, terraform: Terraform): Promise<PreparedStack[]> {
  const { projectFolder, folder, progress, interruption, environments } = props;
  const stacks = await progress.step<SynthesizedStack[]>("Synthesize the stacks", () =>
    synthesize({ projectFolder, out: folder.out, signal: interruption.signal }),
  );
  const mirror = findProviderMirror();
  const prepared = stacksOf(environments, stacks).map((stack) =>
    prepareStack({ stack, folder, mirror, terraformVersion: terraform.version }),
  );
  for (const note of prepared.flatMap(({ leftOut }) => leftOut)) props.print(note);
  return prepared;
}

function isDue({ record, fingerprint }: PreparedStack, { check }: LocalRunProps): boolean {
  return check || record.appliedAt(fingerprint) === undefined;
}

/** The emulated account as it is now: it may be stopped and started again on the way. */
interface RunningAccount {
  emulator: Emulator;
}

async function withAccount(
  props: LocalRunProps,
  tools: Tools,
  work: (account: RunningAccount) => Promise<void>,
): Promise<void> {
  const account = { emulator: await startAccount(props, tools) };
  try {
    await work(account);
  } finally {
    await account.emulator.stop();
  }
}

async function startAccount({ folder, port, progress }: LocalRunProps, tools: Tools): Promise<Emulator> {
  return progress.step("Start the emulated AWS", async (step) => {
    const hadStates = folder.statesKept().length > 0;
    const emulator = await startEmulator({
      stateFile: folder.emulatorState,
      logFile: folder.emulatorLog,
      installation: tools.emulator,
      ...(port === undefined ? {} : { port }),
    }).catch((error: Error) => {
      throw new LocalProblem(error.message, "", { cause: error });
    });
    if (hadStates && !emulator.restored) {
      folder.forgetAccount();
      step.note(
        `starting from an empty account: the kept one cannot be used, for ${emulator.whyNotRestored}`,
      );
    }
    step.note(`account ${emulator.account} at ${emulator.endpoint}`);
    return emulator;
  });
}

/**
 * Applies what is due. A run that was cut short can leave things in the account that its Terraform had asked for and
 * never heard of; where those get in the way, the account goes back to where it was before that run.
 */
async function raise(
  props: LocalRunProps,
  tools: Tools,
  account: RunningAccount,
  stacks: readonly PreparedStack[],
  cutShort: boolean,
): Promise<void> {
  try {
    await applyDue(props, tools, account.emulator, stacks);
  } catch (error) {
    if (!cutShort || !(error instanceof TerraformFailed)) {
      throw error;
    }
    props.print("What the interrupted run left half made gets in the way: going back to before it.");
    await account.emulator.stop();
    props.folder.returnToRestorePoint();
    account.emulator = await startAccount(props, tools);
    await applyDue(props, tools, account.emulator, stacks);
  }
}

async function applyDue(
  props: LocalRunProps,
  tools: Tools,
  emulator: Emulator,
  stacks: readonly PreparedStack[],
): Promise<void> {
  for (const stack of stacks) {
    props.interruption.throwIfRequested();
    const since = stack.record.appliedAt(stack.fingerprint);
    if (since !== undefined && !props.check) {
      const when = since.toISOString().slice(0, 16).replace("T", " ");
      props.print(
        `${stack.name} is unchanged since it was applied (${when} UTC): not planned again (--check does).`,
      );
    } else {
      await applyStack(stackRun(props, tools, emulator, stack));
    }
  }
}

function stackRun(
  props: LocalRunProps,
  tools: Tools,
  emulator: Emulator,
  stack: PreparedStack,
): StackRunProps {
  const { folder, parallelism, progress, interruption } = props;
  const { terraform, cliConfig } = tools;
  return { stack, folder, emulator, terraform, cliConfig, parallelism, progress, interruption };
}

function show(
  { folder, print, once }: LocalRunProps,
  emulator: Emulator,
  stacks: readonly PreparedStack[],
  applications: readonly RunningApplication[],
): void {
  for (const { name } of stacks) {
    print(renderInventory(takeInventory(name, readFileSync(folder.terraformState(name), "utf8"))));
  }
  for (const application of applications) {
    showApplication(application, print);
  }
  print(`The account ${emulator.account} answers at ${emulator.endpoint}. To look around:`);
  print(
    `  AWS_ENDPOINT_URL=${emulator.endpoint} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test aws s3 ls`,
  );
  print(
    once
      ? `It stops now and is kept in ${folder.path} (--destroy removes it).`
      : `Ctrl-C stops it; it is kept in ${folder.path} for the next start (--fresh starts over, --destroy removes it).`,
  );
}

function showApplication(
  { address, runsAs, differences, pages, backups }: RunningApplication,
  print: (line: string) => void,
): void {
  print(`Notejam is at ${address}: sign up there with any address.`);
  print(`It has the environment of the cluster's ${runsAs} (all that would run: ${pages}), except:`);
  for (const line of describeDifferences(differences)) {
    print(`  ${line}`);
  }
  print(backups === undefined ? NO_BACKUP : describeBackups(backups));
}

const NO_BACKUP =
  "NO BACKUP was taken and none was proven: this machine has no pg_dump of its PostgreSQL's version. Install PostgreSQL's client programs.";

function describeBackups({ bucket, count, newest }: KeptBackups): string {
  const { id, ageSeconds, bytes, provenAt } = newest;
  const proven = provenAt === null ? "never proven" : `proven at ${provenAt} by restoring it`;
  const others = count === 1 ? "the only one" : `the newest of ${count}`;
  return `Backup ${id} (${others} in s3://${bucket}): ${bytes} bytes, ${ageSeconds} s old, ${proven}.`;
}

/** @throws LocalProblem when the emulator or an application ends by itself meanwhile */
async function untilInterrupted(
  { signal }: Interruption,
  emulator: Emulator,
  applications: readonly RunningApplication[],
): Promise<void> {
  // Neither a pending promise nor the emulator's process keeps Node running.
  const stayAlive = setInterval(() => {}, 60_000);
  const interrupted = new Promise<undefined>((resolve) => {
    const end = () => resolve(undefined);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) {
      end();
    }
  });
  const ends = [emulator.ended.then(({ how }) => how), ...applications.map(({ ended }) => ended)];
  const how = await Promise.race([interrupted, ...ends]);
  clearInterval(stayAlive);
  if (how !== undefined) {
    throw new LocalProblem(how, "Run npm start again.");
  }
}
