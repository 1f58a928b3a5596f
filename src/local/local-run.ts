import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Emulator } from "@notejam/emulator";
import { gitopsStackOf } from "../config/names.js";
import { cliConfigFor } from "../terraform/provider-mirror.js";
import { Account, type AccountProps } from "./account.js";
import { Application, databaseFolder, type RunningApplication } from "./application/application.js";
import { ClusterObjects, describeRendered } from "./application/cluster-objects.js";
import { keptMajor } from "./application/postgres.js";
import { embeddedFolder, type RunningStandalone, StandaloneApplication } from "./application/standalone.js";
import type { Interruption } from "./interruption.js";
import { readOutputs } from "./inventory.js";
import { takeLock } from "./lock.js";
import { type AwsTools, findTools, type Machine, type Part, requireParts } from "./machine.js";
import { requireFreePort } from "./ports.js";
import { type PreparedStack, prepareStack, stacksOf } from "./prepare-stack.js";
import { Interrupted, LocalProblem } from "./problem.js";
import type { Progress } from "./progress.js";
import { showAccount, showApplication } from "./show.js";
import { type StateFolder, writeWhole } from "./state-folder.js";
import { type SynthesizedStack, synthesize } from "./synthesize.js";

export interface LocalRunProps {
  /** The project's folder, which holds `cdktf.json`. */
  readonly projectFolder: string;
  readonly folder: StateFolder;
  /** Names of environments: `dev`. */
  readonly environments: readonly string[];
  /** Parts without which the run fails. */
  readonly required: readonly Part[];
  /** Install moto into the state folder and prefer it to other installations. */
  readonly installEmulator: boolean;
  /** True if the run may prompt on the terminal. */
  readonly interactive: boolean;
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
  /** Prints an error that does not end the run. */
  readonly warn: (error: unknown) => void;
}

/** Result of a run that did not end with an error. */
export interface Outcome {
  /** True if the run in the emulated AWS failed although its tools were found. */
  readonly awsFailed: boolean;
  /** True if Notejam ran, in the emulated AWS or standalone. */
  readonly applicationRan: boolean;
}

/**
 * Synthesizes the stacks and runs the chosen environments: in the emulated AWS, with the environment of Notejam's pods,
 * or else standalone on the embedded database. Returns when the run is interrupted, or at once with `once`.
 *
 * @throws LocalProblem when Notejam cannot run at all, or when a required part is missing or fails
 */
export async function runLocal(props: LocalRunProps): Promise<Outcome> {
  await requireFreePort(props.port, "--port");
  await requireFreePort(props.applicationPort, "--app-port");
  return inFolder(props, async (endedBadly) => {
    const stacks = await synthesizeStacks(props);
    const machine = await findTools(props);
    requireParts(props.required, machine.missing);
    // Last: a wrong option or a broken environment must not cost the notes.
    if (props.fresh) {
      props.folder.forgetAccount();
      props.folder.forgetApplications();
    }
    const failure =
      machine.aws && (await tryInAws(props, { ...machine, aws: machine.aws }, stacks, endedBadly));
    if (machine.aws !== undefined && failure === undefined) {
      return { awsFailed: false, applicationRan: props.application };
    }
    if (failure !== undefined) props.warn(failure);
    const applicationRan = await runWithoutAws(props, machine, stacks);
    return { awsFailed: failure !== undefined, applicationRan };
  });
}

/**
 * Runs the environments in the emulated AWS until the run is stopped.
 *
 * @returns the error that prevented it; undefined when they ran
 */
async function tryInAws(
  props: LocalRunProps,
  machine: Machine & { readonly aws: AwsTools },
  stacks: readonly SynthesizedStack[],
  endedBadly: boolean,
): Promise<unknown> {
  let isRunning = false;
  try {
    await runInAws(props, machine, stacks, endedBadly, () => {
      isRunning = true;
    });
    return undefined;
  } catch (error) {
    // Manifests alone are rendered without the emulated AWS, too.
    const isRequired = props.required.some((part) => part !== "manifests");
    if (error instanceof Interrupted || isRunning || isRequired) throw error;
    return error;
  }
}

async function runInAws(
  props: LocalRunProps,
  machine: Machine & { readonly aws: AwsTools },
  synthesized: readonly SynthesizedStack[],
  endedBadly: boolean,
  onRunning: () => void,
): Promise<void> {
  const { folder } = props;
  const stacks = prepareStacks(props, machine.aws, synthesized);
  if (endedBadly) {
    // A killed run may have recorded an apply that the emulator had not saved yet.
    for (const { record } of stacks) record.forget();
  }
  const isCutShort = existsSync(folder.applyingFile);
  if (!isCutShort && stacks.some((stack) => isDue(stack, props))) folder.saveRestorePoint();
  await withApplications(props, machine, stacks, async (applications) => {
    const account = await Account.start(accountProps(props, machine.aws));
    try {
      await account.apply(stacks, isCutShort);
      const running = await startApplications(props, account.emulator, applications);
      onRunning();
      showAccount(account.emulator, stacks, folder, props.print);
      for (const each of running) showApplication(each, props.print);
      printOtherNotes(props, running);
      printHowToStop(props);
      if (!props.once) await untilInterrupted(props.interruption, running, account.emulator);
    } finally {
      // Before the account: a program that still runs may need it to end well.
      await stopAll(applications.values());
      await account.stop();
    }
  });
}

/**
 * Renders the Flux manifests if kustomize was found, and runs Notejam standalone.
 *
 * @returns true if Notejam ran
 */
async function runWithoutAws(
  props: LocalRunProps,
  { kustomize }: Machine,
  stacks: readonly SynthesizedStack[],
): Promise<boolean> {
  const alone = { kustomize, aws: undefined, postgres: new Map() };
  return withApplications(props, alone, stacks, async (applications) => {
    for (const { name } of stacks) {
      const files = clusterFiles(props.folder, name);
      if (kustomize === undefined || files === undefined) continue;
      await props.progress.step(`Render and check the manifests of ${environmentOf(name)}`, async (step) => {
        const cluster = new ClusterObjects({
          projectFolder: props.projectFolder,
          kustomize,
          instance: environmentOf(name),
          pages: join(props.folder.application(environmentOf(name)), "manifests"),
          ...files,
        });
        for (const line of describeRendered(await cluster.render({}))) step.note(line);
      });
    }
    const running = await startApplications(props, undefined, applications);
    for (const each of running) showApplication(each, props.print);
    printOtherNotes(props, running);
    if (running.length === 0) {
      props.print(`The stacks are synthesized in ${props.folder.out}. There is nothing else to run here.`);
      return false;
    }
    printHowToStop(props);
    if (!props.once) await untilInterrupted(props.interruption, running);
    return true;
  });
}

/** The applications of the environments that have a cluster, by the stack's name. */
type Applications = ReadonlyMap<string, Application | StandaloneApplication>;

/** Begins with the applications before there is an account, and stops them whatever happens. */
async function withApplications<T>(
  props: LocalRunProps,
  machine: Pick<Machine, "kustomize" | "aws" | "postgres">,
  stacks: readonly { readonly name: string }[],
  work: (applications: Applications) => Promise<T>,
): Promise<T> {
  const applications = new Map<string, Application | StandaloneApplication>();
  try {
    for (const { name } of stacks) {
      const application = beginApplication(props, machine, name, applications.size === 0);
      if (application !== undefined) applications.set(name, application);
    }
    return await work(applications);
  } finally {
    await stopAll(applications.values());
  }
}

function beginApplication(
  props: LocalRunProps,
  { kustomize, aws, postgres: installations }: Pick<Machine, "kustomize" | "aws" | "postgres">,
  stack: string,
  isFirst: boolean,
): Application | StandaloneApplication | undefined {
  const files = clusterFiles(props.folder, stack);
  if (!props.application || files === undefined) return undefined;
  const instance = environmentOf(stack);
  const common = {
    projectFolder: props.projectFolder,
    instance,
    folder: props.folder.application(instance),
    port: isFirst ? props.applicationPort : 0,
    progress: props.progress,
    interruption: props.interruption,
  };
  const postgres = installations.get(instance);
  if (aws === undefined || kustomize === undefined || postgres === undefined) {
    return new StandaloneApplication(common);
  }
  return new Application({ ...common, ...files, kustomize, postgres });
}

/** The synthesized files from which a cluster's objects are rendered; undefined for a stack without a cluster. */
function clusterFiles(
  folder: StateFolder,
  stack: string,
): { platformFile: string; gitopsFile: string } | undefined {
  const gitopsFile = join(folder.stackFolder(gitopsStackOf(stack)), "cdk.tf.json");
  if (!existsSync(gitopsFile)) return undefined;
  return { platformFile: join(folder.stackFolder(stack), "cdk.tf.json"), gitopsFile };
}

async function startApplications(
  props: LocalRunProps,
  emulator: Emulator | undefined,
  applications: Applications,
): Promise<(RunningApplication | RunningStandalone)[]> {
  const { folder, interruption } = props;
  const running: (RunningApplication | RunningStandalone)[] = [];
  for (const [stack, application] of applications) {
    interruption.throwIfRequested();
    if (application instanceof StandaloneApplication) {
      running.push(await application.start());
    } else if (emulator !== undefined) {
      const outputs = readOutputs(readFileSync(folder.terraformState(stack), "utf8"));
      running.push(await application.start({ endpoint: emulator.endpoint, outputs }));
    }
  }
  return running;
}

async function stopAll(applications: Iterable<Application | StandaloneApplication>): Promise<void> {
  await Promise.all([...applications].map((application) => application.stop()));
}

/** PostgreSQL and the embedded database keep their notes apart: says where those of the other one are. */
function printOtherNotes(
  { folder, print }: LocalRunProps,
  running: readonly (RunningApplication | RunningStandalone)[],
): void {
  for (const { kind, instance } of running) {
    const application = folder.application(instance);
    const embedded = embeddedFolder(application);
    const postgres = databaseFolder(application);
    if (kind === "standalone" && keptMajor(postgres) !== undefined) {
      print(
        `Accounts and notes of earlier runs on PostgreSQL are kept in ${postgres}. This run does not show them.`,
      );
    }
    if (kind === "pods" && existsSync(embedded)) {
      print(
        `Accounts and notes of earlier runs on the embedded database are kept in ${embedded}. This run does not show them.`,
      );
    }
  }
}

function printHowToStop({ folder, print, once }: LocalRunProps): void {
  print(
    once
      ? `It stops now and is kept in ${folder.path} (--destroy removes it).`
      : `Ctrl-C stops it; it is kept in ${folder.path} for the next start (--fresh starts over, --destroy removes it).`,
  );
}

/**
 * Destroys the resources in the emulated account, lists those that remain, and removes the state folder. When tools are
 * missing, only removes the folder, which contains the account.
 */
export async function destroyLocal(props: LocalRunProps): Promise<void> {
  const { folder, print } = props;
  if (!existsSync(folder.path)) {
    print(`There is nothing to remove: ${folder.path} does not exist.`);
    return;
  }
  await inFolder(props, async () => {
    if (folder.statesKept().length === 0) return;
    const { aws, missing } = await findTools({ ...props, application: false, interactive: false });
    requireParts(props.required, missing);
    if (aws === undefined) return;
    try {
      await destroyAccount(props, aws);
    } catch (error) {
      if (!(error instanceof LocalProblem)) throw error;
      // The account exists nowhere but in the folder.
      print(`Not everything was destroyed before the folder was removed. ${error.message.trimEnd()}`);
    }
  });
  folder.remove();
  print(`${folder.path} is removed.`);
}

async function destroyAccount(props: LocalRunProps, aws: AwsTools): Promise<void> {
  const { folder, print } = props;
  const environments = folder.statesKept().map(environmentOf);
  const synthesized = await synthesizeStacks({ ...props, environments });
  const stacks = prepareStacks(props, aws, synthesized);
  const account = await Account.start(accountProps(props, aws));
  try {
    for (const stack of account.emulator.restored ? stacks : []) await account.destroy(stack);
    reportRemains(await account.emulator.listResources(), print);
  } finally {
    await account.stop();
  }
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

/** Runs `work` with the state folder prepared and locked. */
async function inFolder<T>({ folder }: LocalRunProps, work: (endedBadly: boolean) => Promise<T>): Promise<T> {
  folder.prepare();
  const lock = takeLock(folder.lockFile);
  try {
    return await work(lock.previousEndedBadly);
  } finally {
    lock.release();
  }
}

/** Synthesizes all stacks and returns those of the chosen environments. */
async function synthesizeStacks({
  projectFolder,
  folder,
  progress,
  interruption,
  environments,
}: LocalRunProps): Promise<SynthesizedStack[]> {
  const stacks = await progress.step("Synthesize the stacks", async (step) => {
    const all = await synthesize({ projectFolder, out: folder.out, signal: interruption.signal });
    step.note(`${all.length} stacks: ${all.map(({ name }) => name).join(", ")}`);
    return all;
  });
  return stacksOf(environments, stacks);
}

function prepareStacks(
  { folder, print }: LocalRunProps,
  { provider, terraform }: AwsTools,
  stacks: readonly SynthesizedStack[],
): PreparedStack[] {
  const mirror = provider.kind === "mirror" ? provider.mirror : undefined;
  const prepared = stacks.map((stack) =>
    prepareStack({ stack, folder, mirror, terraformVersion: terraform.version }),
  );
  for (const note of prepared.flatMap(({ leftOut }) => leftOut)) print(note);
  return prepared;
}

function accountProps(props: LocalRunProps, tools: AwsTools): AccountProps {
  const { folder, port, check, parallelism, progress, interruption, print } = props;
  const { provider } = tools;
  if (provider.kind === "mirror") writeWhole(folder.cliConfig, cliConfigFor(provider.mirror));
  const cliConfig = provider.kind === "mirror" ? folder.cliConfig : undefined;
  return { folder, port, check, parallelism, progress, interruption, print, tools, cliConfig };
}

function isDue({ record, fingerprint }: PreparedStack, { check }: LocalRunProps): boolean {
  return check || record.appliedAt(fingerprint) === undefined;
}

/** @throws LocalProblem when the emulator or an application ends by itself meanwhile */
async function untilInterrupted(
  { signal }: Interruption,
  applications: readonly { readonly ended: Promise<string> }[],
  emulator?: Emulator,
): Promise<void> {
  // Neither a pending promise nor the emulator's process keeps Node running.
  const stayAlive = setInterval(() => {}, 60_000);
  const interrupted = new Promise<undefined>((resolve) => {
    const end = () => resolve(undefined);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
  const ends = applications.map(({ ended }) => ended);
  if (emulator !== undefined) ends.push(emulator.ended.then(({ how }) => how));
  const how = await Promise.race([interrupted, ...ends]);
  clearInterval(stayAlive);
  if (how !== undefined) throw new LocalProblem(how, "Run npm start again.");
}
