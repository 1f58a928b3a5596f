import { join } from "node:path";
import { freePort } from "@notejam/emulator/ports";
import type { Interruption } from "../interruption.js";
import { choosePort } from "../ports.js";
import type { Progress } from "../progress.js";
import { bundle } from "./bundle.js";
import { GuardedProgram } from "./guarded-program.js";
import { waitUntilReady } from "./wait-until-ready.js";

export interface StandaloneApplicationProps {
  readonly projectFolder: string;
  /** Name of the environment whose notes are kept in the folder, such as `dev`. */
  readonly environmentId: string;
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

/** Running standalone application. */
export interface RunningStandalone {
  readonly kind: "standalone";
  /** Name of its environment. */
  readonly environmentId: string;
  readonly address: string;
  /** Folder of the embedded database and of the mails. */
  readonly dataFolder: string;
  /** Resolves with a message when the process ends by itself. */
  readonly ended: Promise<string>;
}

const DEFAULT_PORT = 3000;
const ATTEMPTS_AT_A_PORT = 3;

/** Notejam on its embedded database, without the environment variables of its pods. Requires only Node. */
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
    const { progress } = this.props;
    const program = await this.building;
    const { server, port } = await progress.step("notejam serve, on its embedded database", () =>
      this.serve(program),
    );
    const ended = server.ended.then(
      (status) => `Notejam ended (exit status ${status}). See ${server.logFile}.`,
    );
    const { environmentId } = this.props;
    return {
      kind: "standalone",
      environmentId,
      address: `http://127.0.0.1:${port}`,
      dataFolder: this.data,
      ended,
    };
  }

  /** Another program may take a free port before Notejam opens it. A requested port is tried once. */
  private async serve(program: string): Promise<{ server: GuardedProgram; port: number }> {
    for (let attempt = 1; ; attempt += 1) {
      const port = await choosePort(this.props.port, DEFAULT_PORT);
      const server = this.launch(program, port, await freePort());
      this.server = server;
      try {
        await waitUntilReady(server, port, this.props.interruption.signal);
        return { server, port };
      } catch (error) {
        const isTaken = server.hasEnded && server.output.includes("EADDRINUSE");
        if (!isTaken || this.props.port || attempt === ATTEMPTS_AT_A_PORT) throw error;
      }
    }
  }

  async stop(): Promise<void> {
    await this.building.catch(() => {});
    await this.server?.stop();
  }

  private get data(): string {
    return embeddedFolder(this.props.folder);
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
        // There is no load balancer that deregisters the target.
        DRAIN_SECONDS: "0",
      },
      cwd: this.props.folder,
      logFile: this.log("serve"),
    });
  }
}

/** Returns the folder of the embedded database in the folder of an application. */
export function embeddedFolder(folder: string): string {
  return join(folder, "embedded");
}
