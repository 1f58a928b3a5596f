import { type ExecFileOptions, execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Output of a build that is kept, in bytes. */
const LONGEST_OUTPUT = 64 * 1024 * 1024;

/** Options of a build. */
export interface Build {
  /** Folder that the Dockerfile copies from. */
  readonly context: string;
  readonly target: string;
  readonly arguments: Readonly<Record<string, string>>;
  /** Time of everything in the image, in seconds since 1970. */
  readonly timestamp: number;
  /** The user's npm configuration. */
  readonly npmrc: string;
  /** Takes nothing over from an earlier build. */
  readonly afresh?: boolean;
}

/** Buildah with images, containers and temporary files in a separate folder. */
export class Buildah {
  readonly #folder: string;
  readonly #options: ExecFileOptions;

  constructor(folder: string) {
    this.#folder = folder;
    const temporary = path.join(folder, "tmp");
    mkdirSync(temporary, { recursive: true });
    // A chroot needs no rights beyond root's: it works within a container, too.
    const env = { ...process.env, BUILDAH_ISOLATION: "chroot", TMPDIR: temporary };
    this.#options = { env, maxBuffer: LONGEST_OUTPUT };
  }

  /** Makes an image of what is put into its root folder. @returns its name */
  async image(name: string, fill: (root: string) => Promise<void>): Promise<string> {
    const image = `localhost/${name}`;
    const container = await this.#run("from", "scratch");
    await fill(await this.#run("mount", container));
    await this.#run("umount", container);
    await this.#run("commit", "--quiet", "--rm", container, image);
    return image;
  }

  /** Builds a target of the Dockerfile, the way its first lines say. @returns the image's name */
  async build({ context, target, timestamp, npmrc, afresh, ...build }: Build): Promise<string> {
    const image = `localhost/${target}${afresh ? "-afresh" : ""}`;
    const given = Object.entries(build.arguments).flatMap(([name, value]) => [
      "--build-arg",
      `${name}=${value}`,
    ]);
    const dockerfile = path.join(context, "app/Dockerfile");
    await this.#run(
      ...["build", "--layers", "--timestamp", String(timestamp), "--secret", `id=npmrc,src=${npmrc}`],
      ...[...given, ...(afresh ? ["--no-cache"] : []), "--file", dockerfile],
      ...["--ignorefile", `${dockerfile}.dockerignore`, "--target", target, "--tag", image, context],
    );
    return image;
  }

  /**
   * Writes an image in the layout of OCI. @returns its folder
   *
   * @param compressed as a registry gets it; it takes its time
   */
  async save(image: string, compressed: boolean): Promise<string> {
    const folder = path.join(this.#folder, image.replaceAll("/", "-"));
    const how = compressed ? [] : ["--disable-compression"];
    await this.#run("push", "--quiet", ...how, image, `oci:${folder}`);
    return folder;
  }

  /** Removes everything; containers that a failure left behind would keep their folders mounted. */
  async remove(): Promise<void> {
    await this.#run("rm", "--all");
    await this.#run("rmi", "--all", "--force");
  }

  async #run(...command: string[]): Promise<string> {
    const store = ["--root", path.join(this.#folder, "images"), "--runroot", path.join(this.#folder, "run")];
    try {
      const { stdout } = await run("buildah", [...store, ...command], this.#options);
      return String(stdout).trim();
    } catch (error) {
      // The last lines say which step failed, and why.
      const output = error instanceof Error && "stderr" in error ? String(error.stderr).slice(-4_000) : error;
      throw new Error(`buildah ${command[0]} failed:\n${output}`);
    }
  }
}
