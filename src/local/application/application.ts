import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@notejam/emulator/ports";
import { z } from "zod";
import type { Kustomize } from "../../manifests/render.js";
import { UserError } from "../../user-error.js";
import type { Interruption } from "../interruption.js";
import { choosePort, requireFreePort } from "../ports.js";
import type { Progress, Step } from "../progress.js";
import { bundle } from "./bundle.js";
import { ClusterObjects, describeRendered, type RenderedCluster } from "./cluster-objects.js";
import type { PostgresInstallation } from "./find-postgres.js";
import { GuardedProgram } from "./guarded-program.js";
import { environmentOfImage } from "./image.js";
import { type Difference, type LocalPod, localPod, mountSecrets, unmountSecrets } from "./local-pod.js";
import { readMountedSecrets } from "./mounted-secrets.js";
import { type Pod, podThatRuns } from "./pod.js";
import { Postgres } from "./postgres.js";
import { waitUntilReady } from "./wait-until-ready.js";

export interface ApplicationProps {
  readonly projectFolder: string;
  /** `dev` */
  readonly environmentId: string;
  /** Folder of the application's data, program and logs. */
  readonly folder: string;
  readonly platformFile: string;
  readonly gitopsFile: string;
  readonly kustomize: Kustomize;
  readonly postgres: PostgresInstallation;
  /**
   * Port of the application on the loopback interface; 0 for a free one.
   *
   * @default the pod's port, or a free one if that is taken
   */
  readonly port?: number | undefined;
  readonly progress: Progress;
  readonly interruption: Interruption;
}

/** Emulated account with the applied platform stack. */
export interface AppliedPlatform {
  /** Endpoint of the emulated AWS. */
  readonly endpoint: string;
  /** Outputs of the platform stack. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Running application. */
export interface RunningApplication {
  readonly kind: "pods";
  /** Name of its environment. */
  readonly environmentId: string;
  readonly address: string;
  /** Workload whose environment it has: `Deployment notejam`. */
  readonly runsAs: string;
  readonly differences: readonly Difference[];
  /** Page that lists all objects of the cluster. */
  readonly pages: string;
  /** Undefined without `pg_dump` for this PostgreSQL. */
  readonly backups: BackupSummary | undefined;
  /** Resolves with a message when the application or its database ends by itself. */
  readonly ended: Promise<string>;
}

/** Backup in the output of `notejam backups --json`. */
const Backup = z.object({
  id: z.string(),
  ageSeconds: z.number(),
  bytes: z.number(),
  /** Time of its last restore test; null without one. */
  verifiedAt: z.string().nullable(),
});

/** Backups in the emulated bucket. */
export interface BackupSummary {
  readonly bucket: string;
  /** Number of backups. */
  readonly count: number;
  readonly newest: z.infer<typeof Backup>;
}

/** Program with its pod's configuration on this machine. */
interface Prepared {
  readonly pod: Pod;
  readonly local: LocalPod;
  readonly secretsFolder: string;
}

/**
 * Notejam of an environment on this machine: with PostgreSQL instead of Aurora. Each program has the environment that its
 * pod would get from the manifests and from the secrets that Terraform created.
 */
export class Application {
  private readonly props: ApplicationProps;
  private readonly postgres: Postgres;
  private readonly cluster: ClusterObjects;
  private readonly preparing: Promise<string>;
  private server: GuardedProgram | undefined;
  private started: Started | undefined;

  /** Starts the work that needs no account: the bundle, the database's files, the manifests. */
  constructor(props: ApplicationProps) {
    const { folder, projectFolder, kustomize, environmentId, platformFile, gitopsFile, interruption } = props;
    this.props = props;
    // Left behind by a killed run.
    unmountSecrets(this.secrets);
    this.postgres = new Postgres({
      installation: props.postgres,
      folder: databaseFolder(folder),
      logFile: this.log("postgres"),
      signal: interruption.signal,
    });
    this.cluster = new ClusterObjects({
      projectFolder,
      kustomize,
      environmentId,
      platformFile,
      gitopsFile,
      pages: this.pages,
    });
    this.preparing = this.prepare();
    // start() reports a failure. Without start(), the failure does not matter.
    this.preparing.catch(() => {});
  }

  /** Starts the database and the application in an account with the applied platform. */
  async start(platform: AppliedPlatform): Promise<RunningApplication> {
    const { progress, environmentId, interruption } = this.props;
    const rendered = await progress.step(`Render and check the manifests of ${environmentId}`, (step) =>
      this.render(platform, step),
    );
    interruption.throwIfRequested();
    const program = await this.preparing;
    const ports = await this.choosePorts(rendered);
    const migration = await progress.step(`Start PostgreSQL ${this.props.postgres.version}`, (step) =>
      this.startDatabase(platform, rendered, ports, step),
    );
    await progress.step("notejam migrate", (step) => this.run(program, migration, step));
    const server = await this.prepareProgram(podThatRuns(rendered.objects, "serve"), platform, ports);
    await progress.step("notejam serve", () => this.serve(program, server, ports));
    this.started = { program, objects: rendered.objects, platform, ports };
    const backups = await this.backUp(program, rendered, platform, ports);
    return {
      kind: "pods",
      environmentId,
      address: `http://127.0.0.1:${ports.port}`,
      runsAs: `${server.pod.kind} ${server.pod.name}`,
      differences: server.local.differences,
      pages: join(this.pages, "index.html"),
      backups,
      ended: this.ended(),
    };
  }

  /**
   * Runs another program of the application to its end, like a Job in the cluster.
   *
   * @param command first argument of the program, for instance `restore`
   * @returns the output
   * @throws UserError if the program fails
   */
  async perform(command: string): Promise<string> {
    if (this.started === undefined) throw new Error(`notejam ${command} needs a started application.`);
    const { program, objects, platform, ports } = this.started;
    const prepared = await this.prepareProgram(podThatRuns(objects, command), platform, ports);
    return this.props.progress.step(`notejam ${command}`, (step) => this.run(program, prepared, step));
  }

  /** Stops all programs and removes the files with secrets. */
  async stop(): Promise<void> {
    try {
      await this.preparing.catch(() => {});
      await this.server?.stop();
      await this.postgres.stop();
    } finally {
      unmountSecrets(this.secrets);
    }
  }

  private get secrets(): string {
    return join(this.props.folder, "secrets");
  }

  private get pages(): string {
    return join(this.props.folder, "manifests");
  }

  private log(name: string): string {
    return join(this.props.folder, "logs", `${name}.log`);
  }

  /** Bundles the program, creates the database and builds the manifests. @returns the path of the program */
  private async prepare(): Promise<string> {
    const { projectFolder, folder, interruption } = this.props;
    const program = bundle({
      projectFolder,
      folder: join(folder, "program"),
      logFile: this.log("build"),
      signal: interruption.signal,
    });
    const all = [program, this.postgres.prepare(), this.cluster.prepare()];
    // If one fails, wait for the others.
    await Promise.allSettled(all);
    await Promise.all(all);
    return program;
  }

  private async render({ outputs }: AppliedPlatform, step: Step): Promise<RenderedCluster> {
    const rendered = await this.cluster.render(outputs);
    for (const line of describeRendered(rendered)) step.note(line);
    return rendered;
  }

  private async choosePorts({ objects }: RenderedCluster): Promise<Ports> {
    const { PORT, METRICS_PORT } = podThatRuns(objects, "serve").env;
    const { port: requested } = this.props;
    await requireFreePort(requested, "--app-port");
    return {
      port: await choosePort(requested, Number(PORT)),
      metricsPort: requested === 0 ? await freePort() : await choosePort(undefined, Number(METRICS_PORT)),
      databasePort: 0,
    };
  }

  /** Starts PostgreSQL. @returns the migration program, whose secrets contain the master user */
  private async startDatabase(
    platform: AppliedPlatform,
    { objects }: RenderedCluster,
    ports: Ports,
    step: Step,
  ): Promise<Prepared> {
    const pod = podThatRuns(objects, "migrate");
    const secrets = await this.mountedSecrets(pod, platform);
    const { POSTGRES_ADMIN_USER = "", POSTGRES_ADMIN_PASS = "", POSTGRES_DB = "" } = secrets;
    await this.postgres.provision({
      user: POSTGRES_ADMIN_USER,
      password: POSTGRES_ADMIN_PASS,
      database: POSTGRES_DB,
    });
    await this.postgres.listen();
    ports.databasePort = this.postgres.port;
    step.note(`on port ${this.postgres.port}, with the master user ${POSTGRES_ADMIN_USER}`);
    return this.prepareProgram(pod, platform, ports);
  }

  private async mountedSecrets({ mounts }: Pod, { endpoint }: AppliedPlatform) {
    const read = mounts.map(({ secretProviderClass }) => readMountedSecrets(secretProviderClass, endpoint));
    const all: Record<string, string> = {};
    for (const files of await Promise.all(read)) Object.assign(all, files);
    return all;
  }

  /** Prepares a pod's environment and mounted files on this machine. */
  private async prepareProgram(pod: Pod, platform: AppliedPlatform, ports: Ports): Promise<Prepared> {
    const { projectFolder, folder, postgres } = this.props;
    const secretsFolder = join(this.secrets, pod.name);
    const hasTools = /-tools(@|$)/.test(pod.image);
    const dockerfile = readFileSync(join(projectFolder, "app/Dockerfile"), "utf8");
    const image = environmentOfImage(dockerfile, hasTools ? "tools" : "notejam");
    const local = localPod(pod, image, await this.mountedSecrets(pod, platform), {
      ...ports,
      awsEndpoint: platform.endpoint,
      temporaryFolder: join(folder, "tmp"),
      secretsFolder,
      postgresTools: hasTools ? postgres.tools : undefined,
    });
    return { pod, local, secretsFolder };
  }

  /** Makes a backup and tests its restore, like the CronJobs. */
  private async backUp(
    program: string,
    { objects }: RenderedCluster,
    platform: AppliedPlatform,
    ports: Ports,
  ): Promise<BackupSummary | undefined> {
    const { progress, postgres } = this.props;
    if (postgres.tools === undefined) return undefined;
    const backup = await this.prepareProgram(podThatRuns(objects, "backup"), platform, ports);
    await progress.step("notejam backup", (step) => this.run(program, backup, step));
    const restoreTest = await this.prepareProgram(podThatRuns(objects, "restore-test"), platform, ports);
    await progress.step("notejam restore-test", (step) => this.run(program, restoreTest, step));
    const args = ["backups", "--json"];
    const listed = await this.run(program, { ...backup, local: { ...backup.local, args } });
    const all = z.array(Backup).parse(JSON.parse(listed));
    const [newest] = all;
    if (newest === undefined) throw new Error("The bucket lists no backup, although one was just made.");
    return { bucket: backup.local.env.BACKUP_BUCKET ?? "", count: all.length, newest };
  }

  /** Runs a program of the application to its end. Prints the last line of its output. */
  private async run(program: string, prepared: Prepared, step?: Step): Promise<string> {
    const running = this.launch(program, prepared);
    try {
      const status = await running.finish(this.props.interruption.signal);
      const { output } = running;
      if (status === 0) {
        step?.note(output.trimEnd().split("\n").at(-1) ?? "");
        return output;
      }
      throw new UserError(
        `${running.name} ended with exit status ${status} (${running.logFile}):\n${running.lastLines}\n`,
      );
    } finally {
      unmountSecrets(prepared.secretsFolder);
    }
  }

  private async serve(program: string, prepared: Prepared, { port }: Ports): Promise<void> {
    const { signal } = this.props.interruption;
    const server = this.launch(program, prepared);
    this.server = server;
    await waitUntilReady(server, port, signal);
  }

  private launch(program: string, { local, secretsFolder }: Prepared): GuardedProgram {
    mountSecrets(secretsFolder, local.files);
    const [command = ""] = local.args;
    return new GuardedProgram({
      name: `notejam ${command}`,
      program: process.execPath,
      // Warnings would concern this machine's Node, not the one of the image.
      args: ["--no-warnings", program, ...local.args],
      env: local.env,
      cwd: this.props.folder,
      logFile: this.log(command),
    });
  }

  private async ended(): Promise<string> {
    const ends = [
      this.server?.ended.then((status) => ({ what: "Notejam", status, log: this.log("serve") })),
      this.postgres.ended?.then((status) => ({ what: "PostgreSQL", status, log: this.log("postgres") })),
    ];
    const { what, status, log } = await Promise.race(ends.filter((each) => each !== undefined));
    return `${what} ended (exit status ${status}). See ${log}.`;
  }
}

/** Context for further programs after the start. */
interface Started {
  readonly program: string;
  readonly objects: RenderedCluster["objects"];
  readonly platform: AppliedPlatform;
  readonly ports: Ports;
}

interface Ports {
  readonly port: number;
  readonly metricsPort: number;
  /** Set when PostgreSQL listens; 0 before. */
  databasePort: number;
}

/** Returns the folder of the database in the folder of an application. */
export function databaseFolder(folder: string): string {
  return join(folder, "postgres");
}
