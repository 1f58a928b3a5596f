import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { moduleFolders, PACKAGE_FOLDER } from "../modules/tooling/readmes.js";

const REPOSITORY = dirname(PACKAGE_FOLDER);
const NODE_MODULES = resolve(REPOSITORY, "node_modules");

/** Packages that a program needs besides @notejam/constructs. Linked, because the providers take too long to copy. */
const PEERS = ["@cdktf", "cdktf", "constructs", "@types"];

const COMPILER_OPTIONS = {
  target: "ES2023",
  module: "NodeNext",
  strict: true,
  skipLibCheck: true,
  types: ["node"],
  outDir: "compiled",
};

/** Synthesizes the examples of all modules. */
const EXAMPLES_PROGRAM = `
import { App } from "cdktf";
const app = new App({ outdir: "examples.out" });
for (const folder of ${JSON.stringify(moduleFolders())}) {
  const [Stack] = Object.values(await import(\`./\${folder}.js\`)) as (new (app: App, id: string) => unknown)[];
  if (Stack === undefined) throw new Error(folder);
  new Stack(app, folder);
}
app.synth();
`;

/** Empty CDKTF project in which the packed package @notejam/constructs is installed. */
export class PackedProject {
  readonly folder: string;

  /**
   * Packs the package and installs it.
   *
   * @param home existing empty folder
   */
  constructor(home: string) {
    this.folder = join(home, "project");
    mkdirSync(this.folder);
    this.install(pack(home));
    this.write("package.json", JSON.stringify({ type: "module" }));
    this.write("tsconfig.json", JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ["*.ts"] }));
    this.write("main.ts", this.programOfReadme());
    this.write("examples.ts", EXAMPLES_PROGRAM);
    for (const folder of moduleFolders()) {
      cpSync(join(PACKAGE_FOLDER, folder, "example.ts"), join(this.folder, `${folder}.ts`));
    }
  }

  /** Type-checks and compiles all programs. */
  compile(): void {
    run(this.folder, "tsc");
  }

  /** Runs a compiled program, such as `main`, the program of the README. */
  runProgram(name: "main" | "examples"): void {
    run(this.folder, process.execPath, `compiled/${name}.js`);
  }

  /** Returns the paths of all files of the installed package. */
  packageFiles(): string[] {
    return readdirSync(this.packageFolder, { recursive: true, encoding: "utf8" });
  }

  private get packageFolder(): string {
    return join(this.folder, "node_modules/@notejam/constructs");
  }

  /** Extracts the tarball instead of `npm install`, which would need a registry for the peers. */
  private install(tarball: string): void {
    mkdirSync(this.packageFolder, { recursive: true });
    run(
      this.folder,
      "tar",
      "--extract",
      "--file",
      tarball,
      "--strip-components=1",
      "--directory",
      this.packageFolder,
    );
    for (const name of PEERS) {
      symlinkSync(join(NODE_MODULES, name), join(this.folder, "node_modules", name));
    }
  }

  private programOfReadme(): string {
    const readme = readFileSync(join(this.packageFolder, "README.md"), "utf8");
    const [, program] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
    if (program === undefined) throw new Error("README.md contains no program.");
    return program;
  }

  private write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }
}

/**
 * Packs a copy of the package, because packing changes its package.json for a moment.
 *
 * @throws Error if package.json differs after packing
 */
function pack(home: string): string {
  const copy = join(home, "source");
  const filter = (path: string) => !["node_modules", "dist"].includes(basename(path));
  cpSync(PACKAGE_FOLDER, join(copy, "modules"), { recursive: true, filter });
  cpSync(join(REPOSITORY, "tsconfig.json"), join(copy, "tsconfig.json"));
  symlinkSync(NODE_MODULES, join(copy, "node_modules"));
  run(join(copy, "modules"), "npm", "pack", "--pack-destination", home);
  const manifest = (folder: string) => readFileSync(join(folder, "package.json"), "utf8");
  if (manifest(join(copy, "modules")) !== manifest(PACKAGE_FOLDER)) {
    throw new Error("npm pack did not restore package.json.");
  }
  const [tarball] = readdirSync(home).filter((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error("npm pack wrote no tarball.");
  return join(home, tarball);
}

/** Runs a program. Throws an error with its output if it fails. */
function run(folder: string, program: string, ...args: string[]): void {
  const path = `${join(NODE_MODULES, ".bin")}:${process.env.PATH}`;
  const env = { ...process.env, PATH: path, NODE_OPTIONS: "" };
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8", env });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed:\n${stdout}\n${stderr}`);
}
