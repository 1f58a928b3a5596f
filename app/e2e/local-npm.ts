import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** npm as this machine has it configured, working in a folder outside any project. */
export class MachineNpm {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** File with the certificate authorities to trust for npm's registry; undefined: Node's default ones. */
  async authorities(): Promise<string | undefined> {
    const file = await this.#run("config", "get", "cafile");
    return path.isAbsolute(file) ? file : undefined;
  }

  /** Configuration of the user, and the parts of the machine's that the build needs. */
  async configuration(): Promise<string> {
    const file = path.join(homedir(), ".npmrc");
    const own = existsSync(file) ? readFileSync(file, "utf8") : "";
    const authorities = await this.authorities();
    const registry = await this.#run("config", "get", "registry");
    return [own, `registry=${registry}`, ...(authorities ? [`cafile=${authorities}`] : []), ""].join("\n");
  }

  /** Fetches a package. @returns its folder */
  async fetch(spec: string): Promise<string> {
    const into = path.join(this.#folder, spec.replaceAll(/\W/g, "-"));
    mkdirSync(into);
    await this.#run("pack", "--silent", "--pack-destination", into, spec);
    const [archive = ""] = readdirSync(into);
    await run("tar", ["--extract", "--file", path.join(into, archive), "--directory", into]);
    return path.join(into, "package");
  }

  async #run(...command: string[]): Promise<string> {
    // If npm started the test, its environment names a workspace that does not exist there.
    const inherited = Object.entries(process.env).filter(([name]) => !/^npm_config_.*workspace/.test(name));
    const { stdout } = await run("npm", command, { cwd: this.#folder, env: Object.fromEntries(inherited) });
    return stdout.trim();
  }
}
