import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { OciImage } from "./oci-image.js";

/** Options of a container. */
export interface ContainerOptions {
  readonly image: OciImage;
  /** The image's layers, unpacked. */
  readonly root: string;
  /** Instead of the image's own. */
  readonly entrypoint?: readonly string[];
  /** Instead of the image's own. */
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Read-only bind mounts of folders of this machine. */
  readonly mounts?: Readonly<Record<string, string>>;
}

/** Exit status and output of a container. */
export interface Finished {
  readonly status: number | null;
  readonly output: string;
}

/**
 * A container as the cluster runs it, by bubblewrap: an unprivileged user without capabilities, only /tmp writable, and
 * a separate PID namespace. It shares the network of this machine.
 */
export class Container {
  /** Id of its first process on this machine. */
  readonly pid: number;
  readonly finished: Promise<Finished>;

  private constructor(pid: number, finished: Promise<Finished>) {
    this.pid = pid;
    this.finished = finished;
  }

  static async start(options: ContainerOptions): Promise<Container> {
    const { User, Env, Entrypoint, Cmd } = options.image.config;
    const [uid = Number.NaN, gid = Number.NaN] = User.split(":").map(Number);
    const environment = [...Env, ...Object.entries(options.environment ?? {}).map((each) => each.join("="))];
    const variables = environment.flatMap((each) => {
      const [name = "", ...value] = each.split("=");
      return ["--setenv", name, value.join("=")];
    });
    const mounts = Object.entries(options.mounts ?? {}).flatMap(([to, from]) => ["--ro-bind", from, to]);
    const command = [...(options.entrypoint ?? Entrypoint), ...(options.arguments ?? Cmd)];
    const child = spawn(
      "bwrap",
      [
        ...["--ro-bind", options.root, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"],
        ...["--tmpfs", "/run", ...mounts, "--remount-ro", "/run"],
        ...[
          "--unshare-user",
          "--unshare-pid",
          "--unshare-ipc",
          "--unshare-uts",
          "--as-pid-1",
          "--cap-drop",
          "ALL",
        ],
        ...[
          "--die-with-parent",
          "--chdir",
          "/",
          "--info-fd",
          "3",
          "--clearenv",
          ...variables,
          "--",
          ...command,
        ],
      ],
      // The process also has these ids in the kernel, not only in the user namespace.
      { uid, gid, stdio: ["ignore", "pipe", "pipe", "pipe"] },
    );
    const finished = outcome(child);
    return new Container(await firstProcess(child, finished), finished);
  }

  /** Runs a container to its end. */
  static async run(options: ContainerOptions): Promise<Finished> {
    return (await Container.start(options)).finished;
  }

  /** Sends a signal to its first process. */
  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }
}

async function outcome(child: ChildProcess): Promise<Finished> {
  const closed = once(child, "close");
  const printed = [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : ""));
  const [status] = await closed;
  return { status, output: (await Promise.all(printed)).join("") };
}

/** Bubblewrap reports it when the container has started. */
async function firstProcess(child: ChildProcess, finished: Promise<Finished>): Promise<number> {
  const information = child.stdio[3];
  let told = "";
  if (information && "read" in information) for await (const piece of information) told += piece;
  const pid = /"child-pid":\s*(\d+)/.exec(told)?.[1];
  if (pid === undefined) throw new Error(`The container did not start: ${(await finished).output}`);
  return Number(pid);
}
