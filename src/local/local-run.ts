import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Emulator } from "@notejam/emulator";
import type { SynthesizedStack } from "../terraform/synthesized-stacks.js";
import { UserError } from "../user-error.js";
import { Account } from "./account.js";
import { ClusterObjects, describeRendered } from "./application/cluster-objects.js";
import {
  clusterFiles,
  printOtherNotes,
  startApplications,
  stopAll,
  withApplications,
} from "./applications.js";
import { Interrupted, type Interruption } from "./interruption.js";
import type { LocalRunProps } from "./local-run-props.js";
import {
  accountProps,
  environmentOf,
  inStateFolder,
  prepareStacks,
  synthesizeStacks,
} from "./local-stacks.js";
import { type AwsTools, findTools, type Machine, requireParts } from "./machine.js";
import { requireFreePort } from "./ports.js";
import type { PreparedStack } from "./prepare-stack.js";
import { showAccount, showApplication } from "./show.js";

/** Result of a run that did not end with an error. */
export interface Outcome {
  /** True if the run in the emulated AWS failed although its tools were found. */
  readonly awsFailed: boolean;
  /** True if Notejam ran, in the emulated AWS or standalone. */
  readonly applicationRan: boolean;
}

/**
 * Synthesizes the stacks and runs the chosen environments: in the emulated AWS, with the environment variables of
 * Notejam's pods, or else standalone on the embedded database. Returns when the run is interrupted, or at once with
 * `once`.
 *
 * @throws UserError if Notejam cannot run at all, or if a required part is missing or fails
 */
export async function runLocal(props: LocalRunProps): Promise<Outcome> {
  await requireFreePort(props.port, "--port");
  await requireFreePort(props.applicationPort, "--app-port");
  return inStateFolder(props, async (wasKilled) => {
    const stacks = await synthesizeStacks(props);
    const machine = await findTools(props);
    requireParts(props.required, machine.missing);
    // Last: a wrong option or a broken environment must not delete the notes.
    if (props.fresh) {
      props.folder.forgetAccount();
      props.folder.forgetApplications();
    }
    const failure =
      machine.aws && (await tryInAws(props, { ...machine, aws: machine.aws }, stacks, wasKilled));
    if (machine.aws !== undefined && failure === undefined) {
      return { awsFailed: false, applicationRan: props.application };
    }
    if (failure !== undefined) props.warn(failure);
    const applicationRan = await runWithoutAws(props, machine, stacks);
    return { awsFailed: failure !== undefined, applicationRan };
  });
}

type MachineWithAws = Machine & { readonly aws: AwsTools };

/**
 * Runs the environments in the emulated AWS until the run is stopped.
 *
 * @returns the error that prevented it; undefined if they ran
 */
async function tryInAws(
  props: LocalRunProps,
  machine: MachineWithAws,
  stacks: readonly SynthesizedStack[],
  wasKilled: boolean,
): Promise<unknown> {
  let isRunning = false;
  try {
    await runInAws(props, machine, stacks, wasKilled, () => {
      isRunning = true;
    });
    return undefined;
  } catch (error) {
    // Manifests alone are also rendered without the emulated AWS.
    const isRequired = props.required.some((part) => part !== "manifests");
    if (error instanceof Interrupted || isRunning || isRequired) throw error;
    return error;
  }
}

async function runInAws(
  props: LocalRunProps,
  machine: MachineWithAws,
  synthesized: readonly SynthesizedStack[],
  wasKilled: boolean,
  onRunning: () => void,
): Promise<void> {
  const { folder, print } = props;
  const stacks = prepareStacks(props, machine.aws, synthesized);
  if (wasKilled) {
    // The killed run may have recorded an apply that the emulator had not saved yet.
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
      showAccount(account.emulator, stacks, folder, print);
      for (const each of running) showApplication(each, print);
      printOtherNotes(props, running);
      printHowToStop(props);
      if (!props.once) await untilInterrupted(props.interruption, running, account.emulator);
    } finally {
      // Before the account: a running program may need it to end without errors.
      await stopAll(applications.values());
      await account.stop();
    }
  });
}

function isDue({ record, fingerprint }: PreparedStack, { check }: LocalRunProps): boolean {
  return check || record.appliedAt(fingerprint) === undefined;
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
  const { folder, print } = props;
  const tools = { kustomize, aws: undefined, postgres: new Map() };
  return withApplications(props, tools, stacks, async (applications) => {
    for (const { name } of stacks) await renderManifests(props, kustomize, name);
    const running = await startApplications(props, undefined, applications);
    for (const each of running) showApplication(each, print);
    printOtherNotes(props, running);
    if (running.length === 0) {
      print(`The stacks are synthesized in ${folder.out}. There is nothing else to run here.`);
      return false;
    }
    printHowToStop(props);
    if (!props.once) await untilInterrupted(props.interruption, running);
    return true;
  });
}

/** Renders and checks the manifests of a stack's cluster, if it has one and kustomize was found. */
async function renderManifests(
  { projectFolder, folder, progress }: LocalRunProps,
  kustomize: Machine["kustomize"],
  stack: string,
): Promise<void> {
  const files = clusterFiles(folder, stack);
  if (kustomize === undefined || files === undefined) return;
  const environmentId = environmentOf(stack);
  await progress.step(`Render and check the manifests of ${environmentId}`, async (step) => {
    const cluster = new ClusterObjects({
      projectFolder,
      kustomize,
      environmentId,
      pages: join(folder.application(environmentId), "manifests"),
      ...files,
    });
    for (const line of describeRendered(await cluster.render({}))) step.note(line);
  });
}

function printHowToStop({ folder, print, once }: LocalRunProps): void {
  print(
    once
      ? `It stops now and is kept in ${folder.path} (--destroy removes it).`
      : `Ctrl-C stops it; it is kept in ${folder.path} for the next start (--fresh starts over, --destroy removes it).`,
  );
}

/** @throws UserError if the emulator or an application ends by itself */
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
  if (emulator !== undefined) ends.push(emulator.ended.then(({ message }) => message));
  const message = await Promise.race([interrupted, ...ends]);
  clearInterval(stayAlive);
  if (message !== undefined) throw new UserError(message, { hint: "Run npm start again." });
}
