import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Emulator } from "@notejam/emulator";
import { gitopsStackOf } from "../config/names.js";
import { Application, databaseFolder, type RunningApplication } from "./application/application.js";
import { keptMajor } from "./application/postgres.js";
import { embeddedFolder, type RunningStandalone, StandaloneApplication } from "./application/standalone.js";
import { readOutputs } from "./inventory.js";
import type { LocalRunProps } from "./local-run-props.js";
import { environmentOf } from "./local-stacks.js";
import type { Machine } from "./machine.js";
import type { StateFolder } from "./state-folder.js";

/** Tools that decide how Notejam runs: in the emulated AWS with all of them, else standalone. */
type ApplicationTools = Pick<Machine, "kustomize" | "aws" | "postgres">;

/** Applications of the environments that have a cluster, by name of the platform stack. */
export type Applications = ReadonlyMap<string, Application | StandaloneApplication>;

/** Creates the applications of the stacks, before there is an account, and stops them after the work or an error. */
export async function withApplications<T>(
  props: LocalRunProps,
  tools: ApplicationTools,
  stacks: readonly { readonly name: string }[],
  work: (applications: Applications) => Promise<T>,
): Promise<T> {
  const applications = new Map<string, Application | StandaloneApplication>();
  try {
    for (const { name } of stacks) {
      const application = createApplication(props, tools, name, applications.size === 0);
      if (application !== undefined) applications.set(name, application);
    }
    return await work(applications);
  } finally {
    await stopAll(applications.values());
  }
}

function createApplication(
  props: LocalRunProps,
  { kustomize, aws, postgres: installations }: ApplicationTools,
  stack: string,
  isFirst: boolean,
): Application | StandaloneApplication | undefined {
  const files = clusterFiles(props.folder, stack);
  if (!props.application || files === undefined) return undefined;
  const environmentId = environmentOf(stack);
  const common = {
    projectFolder: props.projectFolder,
    environmentId,
    folder: props.folder.application(environmentId),
    port: isFirst ? props.applicationPort : 0,
    progress: props.progress,
    interruption: props.interruption,
  };
  const postgres = installations.get(environmentId);
  if (aws === undefined || kustomize === undefined || postgres === undefined) {
    return new StandaloneApplication(common);
  }
  return new Application({ ...common, ...files, kustomize, postgres });
}

/** Synthesized files from which a cluster's objects are rendered. */
export interface ClusterFiles {
  readonly platformFile: string;
  readonly gitopsFile: string;
}

/** Returns the files of a platform stack's cluster; undefined for a stack without a cluster. */
export function clusterFiles(folder: StateFolder, stack: string): ClusterFiles | undefined {
  const gitopsFile = join(folder.stackFolder(gitopsStackOf(stack)), "cdk.tf.json");
  if (!existsSync(gitopsFile)) return undefined;
  return { platformFile: join(folder.stackFolder(stack), "cdk.tf.json"), gitopsFile };
}

/** Starts the applications one after the other. @param emulator undefined to start only standalone ones */
export async function startApplications(
  { folder, interruption }: LocalRunProps,
  emulator: Emulator | undefined,
  applications: Applications,
): Promise<(RunningApplication | RunningStandalone)[]> {
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

export async function stopAll(applications: Iterable<Application | StandaloneApplication>): Promise<void> {
  await Promise.all([...applications].map((application) => application.stop()));
}

/** Prints where the notes of the other database are: PostgreSQL and the embedded database store theirs separately. */
export function printOtherNotes(
  { folder, print }: LocalRunProps,
  running: readonly (RunningApplication | RunningStandalone)[],
): void {
  for (const { kind, environmentId } of running) {
    const application = folder.application(environmentId);
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
