import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join, resolve } from "node:path";
import { Command } from "commander";
import toolVersions from "../../tool-versions.json" with { type: "json" };
import { type Job, readAction, readWorkflow, type Step } from "./workflow-file.js";

/**
 * Debian packages in the runner image ubuntu-24.04 whose programs jobs may use.
 *
 * @see https://github.com/actions/runner-images/blob/main/images/ubuntu/Ubuntu2404-Readme.md
 */
const IMAGE_PACKAGES = [
  "bash",
  "coreutils",
  "curl",
  "dash",
  "debianutils",
  "diffutils",
  "findutils",
  "git",
  "grep",
  "gzip",
  "hostname",
  "jq",
  "libc-bin",
  "mawk",
  "mount",
  "openssl",
  "passwd",
  "procps",
  "python3-minimal",
  "sed",
  "tar",
  "util-linux",
  "xz-utils",
];

/** Programs in the runner image that may not come from Debian packages on this machine. */
const IMAGE_PROGRAMS = ["awk", "go", "kubectl"];

/** Environment variables passed to a job: home and temporary folders, and settings for package downloads. */
const KEPT_VARIABLES =
  /^(HOME|USER|LANG|LC_\w+|TMPDIR|K8S_SCHEMAS|CHART_VALUES|npm_config_\w+|PIP_\w+|GO\w+|\w+_PROXY|SSL_CERT_\w+|NODE_EXTRA_CA_CERTS)$/i;

export interface JobRunProps {
  readonly job: Job;
  /** Folder for the clone, the programs and the outputs of steps; must be empty or absent. */
  readonly folder: string;
  /** Repository whose HEAD is cloned. */
  readonly repository: string;
  /** Values of the job's matrix, by their keys. */
  readonly matrix: Readonly<Record<string, string>>;
}

/**
 * Runs a workflow job on this machine. Its commands run in a fresh clone, with only the programs of the runner image
 * and of earlier steps on the PATH. Third-party actions are not run: their tools are linked, and checkouts of other
 * repositories are skipped.
 */
export class JobRun {
  /** Where the commands run. */
  readonly clone: string;
  readonly #props: JobRunProps;
  readonly #programs: string;
  readonly #temporary: string;

  constructor(props: JobRunProps) {
    this.#props = props;
    this.clone = join(props.folder, "clone");
    this.#programs = join(props.folder, "programs");
    this.#temporary = join(props.folder, "temporary");
    for (const each of [this.#programs, this.#temporary]) mkdirSync(each, { recursive: true });
    execFileSync("git", [
      "clone",
      "--quiet",
      "--no-local",
      "--depth=1",
      `file://${props.repository}`,
      this.clone,
    ]);
    linkImagePrograms(this.#programs);
  }

  /** PATH of the next step. */
  get path(): string {
    const added = join(this.#temporary, "path");
    const folders = existsSync(added) ? readFileSync(added, "utf8").split("\n").filter(Boolean) : [];
    return [...folders.reverse(), this.#programs].join(delimiter);
  }

  /** Environment variables of a step. */
  environment(step?: Step): NodeJS.ProcessEnv {
    const kept = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => KEPT_VARIABLES.test(name)),
    );
    return {
      ...this.#resolved(this.#props.job.env),
      // After the job's variables, because checkouts of other repositories (schemas) are skipped.
      ...kept,
      PATH: this.path,
      CI: "true",
      GITHUB_OUTPUT: join(this.#temporary, "output"),
      GITHUB_PATH: join(this.#temporary, "path"),
      RUNNER_TEMP: this.#temporary,
      ...this.#resolved(step?.env ?? {}),
    };
  }

  /** Runs steps in order. @throws Error if one fails or cannot run here */
  run(steps: readonly Step[]): void {
    for (const step of steps) {
      if (step.run !== undefined) this.#runScript(step, step.run);
      else if (step.uses?.startsWith("./")) this.run(stepsOfAction(this.clone, step.uses));
      else this.#provide(step);
    }
  }

  #runScript(step: Step, script: string): void {
    const file = join(this.#temporary, "step.sh");
    writeFileSync(file, script);
    console.log(`> ${step.name ?? script.trim()}`);
    const { status, error } = spawnSync("bash", ["--noprofile", "--norc", "-euo", "pipefail", file], {
      cwd: this.clone,
      env: this.environment(step),
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`The step failed with status ${status}: ${step.name ?? script.trim()}`);
  }

  /** Provides the tools that a third-party action would install. */
  #provide(step: Step): void {
    const action = step.uses?.split("@")[0];
    switch (action) {
      case "actions/checkout":
        break;
      case "actions/setup-node":
        linkNode(this.#programs, this.#props.folder);
        break;
      case "hashicorp/setup-terraform":
        linkProgram(this.#programs, "terraform");
        break;
      default:
        throw new Error(`${action} cannot be run here. Add its tools to #provide in run-job.ts.`);
    }
  }

  #resolved(variables: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, this.#evaluated(value)]),
    );
  }

  /** Replaces matrix expressions in a value. @throws Error for other expressions, which only GitHub can evaluate */
  #evaluated(value: string): string {
    return value.replaceAll(/\$\{\{ *(.*?) *\}\}/g, (_, expression: string) => {
      const key = /^matrix\.(\w+)$/.exec(expression)?.[1];
      if (key === undefined) throw new Error(`The expression ${expression} cannot be evaluated here.`);
      const chosen = this.#props.matrix[key];
      if (chosen === undefined) throw new Error(`The matrix value ${key} is missing. Add --matrix ${key}=….`);
      return chosen;
    });
  }
}

function stepsOfAction(clone: string, uses: string): readonly Step[] {
  return readAction(join(clone, uses, "action.yaml")).action.runs.steps;
}

function linkImagePrograms(folder: string): void {
  const listed = execFileSync("dpkg", ["-L", ...IMAGE_PACKAGES], { encoding: "utf8" });
  // Debian lists the merged folders by their old names, too.
  const programs = listed.split("\n").filter((path) => /^(\/usr)?\/s?bin\/[^/]+$/.test(path));
  for (const program of programs) {
    const link = join(folder, basename(program));
    if (existsSync(program) && !existsSync(link)) symlinkSync(program, link);
  }
  for (const name of IMAGE_PROGRAMS) linkProgram(folder, name);
}

/** Links a program of this machine's PATH. */
function linkProgram(folder: string, name: string): void {
  const found = (process.env.PATH ?? "")
    .split(delimiter)
    .map((each) => join(each, name))
    .find((file) => existsSync(file));
  if (found === undefined) throw new Error(`The job needs ${name}, which this machine does not have.`);
  if (!existsSync(join(folder, name))) symlinkSync(found, join(folder, name));
}

/** Installs the Node of the workflows from npm, and links it and this machine's npm. */
function linkNode(programs: string, folder: string): void {
  const { pinned } = toolVersions.node;
  const name = `node-${process.platform}-${process.arch}`;
  const installed = join(folder, "node");
  mkdirSync(installed, { recursive: true });
  const options = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
  execFileSync("npm", ["install", ...options, "--prefix", installed, `${name}@${pinned}`], {
    stdio: "inherit",
  });
  symlinkSync(join(installed, "node_modules", name, "bin/node"), join(programs, "node"));
  for (const program of ["npm", "npx"]) linkProgram(programs, program);
}

interface Options {
  readonly matrix: Readonly<Record<string, string>>;
  readonly prepare?: string;
}

function runFromCommandLine(workflow: string, id: string, { matrix, prepare }: Options): void {
  const job = readWorkflow(`.github/workflows/${workflow}.yaml`).workflow.jobs[id];
  if (job === undefined) throw new Error(`The workflow ${workflow} has no job ${id}.`);
  const folder = prepare === undefined ? mkdtempSync(join(tmpdir(), `notejam-job-${id}-`)) : resolve(prepare);
  try {
    const run = new JobRun({ job, folder, repository: resolve("."), matrix });
    run.run(prepare === undefined ? job.steps : job.steps.slice(0, -1));
    if (prepare !== undefined) writeFileSync(join(folder, "path"), run.path);
  } finally {
    if (prepare === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** Adds `key=value` to the matrix. */
function withValue(pair: string, matrix: Readonly<Record<string, string>>): Record<string, string> {
  const [key = "", value = ""] = pair.split(/=(.*)/s);
  return { ...matrix, [key]: value };
}

// Ends with status 1 and one line when the job fails.
if (process.argv[1] === import.meta.filename) {
  new Command("run-job")
    .description(
      "Runs a job of a workflow on this machine, in a clone of HEAD and with the PATH that the job has.",
    )
    .argument("<workflow>", "such as checks")
    .argument("<job>", "such as linters")
    .option("--matrix <key=value>", "a value of the job's matrix; repeatable", withValue, {})
    .option(
      "--prepare <folder>",
      "run all steps but the last: leave clone/ and the file path (its PATH) in this folder",
    )
    .action((workflow: string, job: string, options: Options) => {
      try {
        runFromCommandLine(workflow, job, options);
      } catch (error) {
        console.error(error instanceof Error ? error.message : error);
        process.exitCode = 1;
      }
    })
    .parse();
}
