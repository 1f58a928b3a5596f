import { join } from "node:path";
import type { Interruption } from "../interruption.js";
import { choosePort, freePort } from "../ports.js";
import type { Progress } from "../progress.js";
import { bundle } from "./bundle.js";
import { GuardedProgram } from "./guarded-program.js";
import { waitUntilReady } from "./wait-until-ready.js";

export interface StandaloneApplicationProps {
  readonly projectFolder: string;
  /** Name of the environment whose notes are kept in the folder, such as `dev`. */
  readonly instance: string;
  /** Folder for the application's data, program and logs. */
  readonly folder: string;
  /**
   * Port on the loopback interface; 0 for a free one.
   *
   * @default 3000, or a free one if 3000 is taken
   */
  readonly port?: number | undefined;
  readonly progress: Progress;
  readonly interruption: Interruption;
}

/** A standalone application that is ready. */
export interface RunningStandalone {
  readonly kind: "standalone";
  readonly address: string;
  /** Folder of the embedded database and of the mails. */
  readonly dataFolder: string;
  /** Resolves with a message when the process ends by itself. */
  readonly ended: Promise<string>;
}

const DEFAULT_PORT = 3000;

/** Notejam on its embedded database, without the environment of its pods. Requires only Node. */
export class StandaloneApplication {
  private readonly props: StandaloneApplicationProps;
  private readonly building: Promise<string>;
  private server: GuardedProgram | undefined;

  /** Starts bundling the application. */
  constructor(props: StandaloneApplicationProps) {
    this.props = props;
    this.building = bundle({
      projectFolder: props.projectFolder,
      folder: join(props.folder, "program"),
      logFile: this.log("build"),
      signal: props.interruption.signal,
    });
    // start() reports a failure. Without start(), the failure does not matter.
    this.building.catch(() => {});
  }

  async start(): Promise<RunningStandalone> {
    const { progress, interruption } = this.props;
    const program = await this.building;
    const port = await choosePort(this.props.port, DEFAULT_PORT);
    const metricsPort = await freePort();
    const server = await progress.step("notejam serve, on its embedded database", async () => {
      this.server = this.launch(program, port, metricsPort);
      await waitUntilReady(this.server, port, interruption.signal);
      return this.server;
    });
    const ended = server.ended.then(
      (status) => `Notejam ended (exit status ${status}). Look at ${server.logFile}.`,
    );
    return { kind: "standalone", address: `http://127.0.0.1:${port}`, dataFolder: this.data, ended };
  }

  async stop(): Promise<void> {
    await this.building.catch(() => {});
    await this.server?.stop();
  }

  private get data(): string {
    return join(this.props.folder, "embedded");
  }

  private log(name: string): string {
    return join(this.props.folder, "logs", `${name}.log`);
  }

  private launch(program: string, port: number, metricsPort: number): GuardedProgram {
    return new GuardedProgram({
      name: "notejam serve",
      program: process.execPath,
      args: ["--no-warnings", program, "serve", "--migrate"],
      env: {
        NODE_ENV: "production",
        HOST: "127.0.0.1",
        PORT: String(port),
        METRICS_PORT: String(metricsPort),
        BASE_URL: `http://127.0.0.1:${port}`,
        DATA_DIR: this.data,
      },
      cwd: this.props.folder,
      logFile: this.log("serve"),
    });
  }
}
