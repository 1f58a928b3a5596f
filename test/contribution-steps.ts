import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { execa } from "execa";

/** Code block of a document. */
interface Block {
  /** `sh` for commands, `diff` for a change of `file`, else the language of a new file. */
  readonly language: string;
  readonly file: string | undefined;
  readonly text: string;
}

/** Folders and files of the project that a copy does not need. */
const NOT_COPIED = ["node_modules", ".git", ".notejam", "cdktf.out", "out", "dist"];

/** Returns the code blocks below a heading of level 3. */
export function blocksBelow(document: string, heading: string): Block[] {
  const [, section = ""] = document.split(new RegExp(`^### ${heading}$`, "m"));
  const [own = ""] = section.split(/^##+ /m);
  return [...own.matchAll(/^( *)```(\w+)(?: (\S+))?\n([\s\S]*?)^\1```$/gm)].map(
    ([, indentation = "", language = "", file, text = ""]) => ({
      language,
      file,
      text: text.replaceAll(new RegExp(`^${indentation}`, "gm"), ""),
    }),
  );
}

/** Returns the headings of level 3 below "Adding things". */
export function headingsOf(document: string): string[] {
  const [, section = ""] = document.split(/^## Adding things$/m);
  return [...section.matchAll(/^### (.+)$/gm)].map(([, heading = ""]) => heading);
}

/** Copies the project to an empty folder, with links to the installed packages. */
export function copyProject(folder: string): void {
  cpSync(".", folder, {
    recursive: true,
    filter: (source) => !source.split("/").some((name) => NOT_COPIED.includes(name)),
  });
  linkPackages("node_modules", join(folder, "node_modules"), folder);
  if (existsSync("app/node_modules"))
    symlinkSync(resolve("app/node_modules"), join(folder, "app/node_modules"));
}

/** Links each package. Packages of the project itself are links to the copy. */
function linkPackages(from: string, to: string, copy: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    const path = join(from, name);
    if (name === ".cache") continue;
    if (name.startsWith("@")) {
      linkPackages(path, join(to, name), copy);
      continue;
    }
    const inProject = relative(".", realpathSync(path));
    const isWorkspace = !inProject.startsWith("..") && !inProject.startsWith("node_modules");
    symlinkSync(isWorkspace ? join(copy, inProject) : resolve(path), join(to, name));
  }
}

/**
 * Follows the steps below a heading: creates and changes files, runs commands.
 *
 * @returns standard output of all commands
 * @throws Error when a file exists already, a change does not fit or a command fails
 */
export async function follow(document: string, heading: string, folder: string): Promise<string> {
  const blocks = blocksBelow(document, heading);
  if (blocks.length === 0) throw new Error(`The document has no steps below "${heading}".`);
  const printed: string[] = [];
  for (const { language, file, text } of blocks) {
    if (file === undefined) printed.push(await run(text, folder));
    else if (language === "diff") change(join(folder, file), text);
    else create(join(folder, file), text);
  }
  return printed.join("\n");
}

async function run(script: string, cwd: string): Promise<string> {
  const { stdout } = await execa("sh", ["-eu", "-c", script], {
    cwd,
    env: { npm_config_update_notifier: "false" },
  });
  return stdout;
}

function create(file: string, text: string): void {
  if (existsSync(file)) throw new Error(`${file} exists already.`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Applies a change: lines that begin with a space or `-` are there, lines with a space or `+` are there afterwards. */
function change(file: string, diff: string): void {
  const lines = diff.split("\n").slice(0, -1);
  const side = (added: string) =>
    lines
      .filter((line) => line.startsWith(" ") || line.startsWith(added))
      .map((line) => `${line.slice(1)}\n`);
  const [before, after] = [side("-").join(""), side("+").join("")];
  const text = readFileSync(file, "utf8");
  const places = text.split(before).length - 1;
  if (places !== 1) throw new Error(`${file} has ${places} places with these lines:\n${before}`);
  writeFileSync(
    file,
    text.replace(before, () => after),
  );
}
