import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copyDevAndProd } from "./environments-folder.js";
import { clockSetTo } from "./fakes/clock.js";
import { needs } from "./required-tools.js";

/** Arguments of Node for the program of `cdktf synth`: from sources, and from the cached bundle. */
const PROGRAMS = [
  { from: "sources", program: ["--import", "tsx", resolve("src/main.ts")] },
  { from: "cached bundle", program: [resolve("src/cached-main.cjs")] },
];

/** Day on which all Kubernetes versions of the environments are supported, so that synthesis prints no warning. */
const DAY = "2026-11-01";

/** List of the sources of the bundle for environments outside the project's folder. */
const SOURCES = resolve("node_modules/.cache/notejam/synth-other/sources.json");

let folder: string;
let environments: string;
let output: string;

beforeEach(async () => {
  // Inside the repository, so that the environments' imports of packages work.
  await mkdir("out", { recursive: true });
  folder = await mkdtemp(join("out", "synth-command-"));
  environments = join(folder, "environments");
  output = join(folder, "cdktf.out");
  await mkdir(environments);
  await copyDevAndProd(environments);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function edit(name: string, from: string, to: string): Promise<void> {
  const file = join(environments, name);
  const text = await readFile(file, "utf8");
  expect(text).toContain(from);
  await writeFile(file, text.replace(from, to));
}

function run(program: readonly string[], env: Record<string, string> = {}) {
  return execa(process.execPath, program, {
    reject: false,
    env: {
      ...clockSetTo(DAY),
      NOTEJAM_ENVIRONMENTS: environments,
      CDKTF_OUTDIR: output,
      ...env,
    },
  });
}

const written = (directory: string) => readdir(directory, { recursive: true }).catch(() => []);

describe.each(PROGRAMS)("the synth command, run from its $from", ({ program }) => {
  const synth = (env: Record<string, string> = {}) => run(program, env);

  it("writes every stack and a manifest, without output", async () => {
    const { exitCode, stderr, stdout } = await synth();
    expect({ exitCode, stderr, stdout }).toEqual({ exitCode: 0, stderr: "", stdout: "" });
    expect((await readdir(join(output, "stacks"))).sort()).toEqual([
      "notejam-bootstrap",
      "notejam-dev",
      "notejam-dev-gitops",
      "notejam-prod",
      "notejam-prod-gitops",
    ]);
  });

  it("synthesizes a third environment from one new file", async () => {
    await cp(join(environments, "dev.ts"), join(environments, "test.ts"));
    await edit("test.ts", 'name: "dev"', 'name: "test"');
    await edit("test.ts", "10.20.0.0/16", "10.30.0.0/16");
    await edit("test.ts", "notejam-dev.example.com", "notejam-test.example.com");
    const { exitCode, stderr } = await synth();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(await readdir(join(output, "stacks"))).toContain("notejam-test");
  });

  it.each([
    { moment: "2027-03-26", words: "leaves EKS standard support after 2027-03-27" },
    { moment: "2027-03-28", words: "left EKS standard support after 2027-03-27" },
  ])("warns about the Kubernetes version on $moment, and writes every stack", async ({ moment, words }) => {
    for (const file of ["dev.ts", "prod.ts"]) {
      await edit(
        file,
        "export default defineEnvironment({",
        'export default defineEnvironment({\n  kubernetesVersion: "1.35",',
      );
    }
    const { exitCode, stderr, stdout } = await synth(clockSetTo(moment));
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    expect(stderr).toMatch(/^The configuration has 2 warnings in 2 files\.$/m);
    expect(stderr.split(`kubernetesVersion: "1.35" ${words}`)).toHaveLength(3);
    expect(await readdir(join(output, "stacks"))).toHaveLength(5);
  });

  it("lists all errors in all files with exit status 2, without a stack trace, and writes nothing", async () => {
    await edit("dev.ts", "10.20.0.0/16", "10.20.0.0/28");
    await edit("dev.ts", 'drRegion: "eu-central-1"', 'drRegion: "eu-west-1"');
    await edit("prod.ts", "logRetentionDays: 365", "logRetentionDays: 366");
    const { exitCode, stderr, stdout } = await synth();
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("The configuration has 3 errors in 2 files.");
    for (const field of ["vpcCidr", "drRegion", "logRetentionDays"]) expect(stderr).toContain(`  ${field}: `);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(await written(output)).toEqual([]);
  });

  it(
    "reports a full disk and leaves no partial files",
    needs("permission to mount a file system"),
    async () => {
      const disk = join(folder, "disk");
      await mkdir(disk);
      await execa("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", disk]);
      try {
        const { exitCode, stderr } = await synth({ CDKTF_OUTDIR: join(disk, "cdktf.out") });
        expect(exitCode).toBe(2);
        expect(stderr).toMatch(/^Cannot write the Terraform configuration: ENOSPC.*\nThe disk is full/);
        expect(stderr).not.toMatch(/^\s+at /m);
        expect(await readdir(disk)).toEqual([]);
      } finally {
        await execa("umount", [disk]);
      }
    },
  );

  it("reports in one line that the output folder is a file", async () => {
    await writeFile(join(folder, "occupied"), "");
    const { exitCode, stderr } = await synth({ CDKTF_OUTDIR: join(folder, "occupied", "out") });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^Cannot write the Terraform configuration: .*\n.*CDKTF_OUTDIR/);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe("the cached bundle of the synth command", () => {
  const bundle = (env: Record<string, string> = {}) => run([resolve("src/cached-main.cjs")], env);
  const json = (stack: string) => readFile(join(output, "stacks", stack, "cdk.tf.json"), "utf8");

  it("produces the same result as the sources, when created and when reused", async () => {
    await run(["--import", "tsx", resolve("src/main.ts")]);
    const expected = await json("notejam-prod");
    for (const _ of [1, 2]) {
      await rm(output, { recursive: true });
      await bundle();
      expect(await json("notejam-prod")).toBe(expected);
    }
  });

  it("is used without compiling anything", async () => {
    await bundle();
    await rm(output, { recursive: true });
    // Neither a new bundle nor the sources work without esbuild.
    const { exitCode, stderr } = await bundle({ ESBUILD_BINARY_PATH: join(folder, "missing") });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(await readdir(join(output, "stacks"))).toContain("notejam-dev");
  });

  it("is rebuilt after an environment changes", async () => {
    await bundle();
    await edit("dev.ts", "notejam-dev.example.com", "other-dev.example.com");
    await bundle();
    expect(await json("notejam-dev")).toContain("other-dev.example.com");
  });

  it("is made anew if the list of its sources is damaged", async () => {
    await bundle();
    await writeFile(SOURCES, "{");
    await bundle();
    expect(JSON.parse(await readFile(SOURCES, "utf8")).length).toBeGreaterThan(100);
  });

  it("is not kept if a source changed while it was made", async () => {
    const file = join(environments, "dev.ts");
    const changed = (await readFile(file, "utf8")).replace(
      "notejam-dev.example.com",
      "other-dev.example.com",
    );
    // Without the list of sources, the first to read the environment is esbuild. The change follows at once.
    await rm(SOURCES, { force: true });
    const change = `
      import fs from "node:fs";
      const read = fs.readFileSync;
      fs.readFileSync = (path, ...options) => {
        const text = read(path, ...options);
        if (path === ${JSON.stringify(resolve(file))}) {
          fs.readFileSync = read;
          fs.writeFileSync(path, ${JSON.stringify(changed)});
        }
        return text;
      };`;
    const { NODE_OPTIONS } = clockSetTo(DAY);
    await bundle({
      NODE_OPTIONS: `${NODE_OPTIONS} --import=data:text/javascript,${encodeURIComponent(change)}`,
    });
    expect(await readFile(file, "utf8")).toBe(changed);
    await bundle();
    expect(await json("notejam-dev")).toContain("other-dev.example.com");
  });

  it("falls back to the sources for an environment that does not compile, so that they report it", async () => {
    await writeFile(join(environments, "test.ts"), "export default {");
    const [fromBundle, fromSources] = [
      await bundle(),
      await run(["--import", "tsx", resolve("src/main.ts")]),
    ];
    expect(fromBundle.exitCode).toBe(fromSources.exitCode);
    expect(fromBundle.stderr).toContain("test.ts");
    expect(fromBundle.stderr).toBe(fromSources.stderr);
  });

  it("reports internal errors with positions in the sources", async () => {
    await edit(
      "dev.ts",
      "export default",
      "process.cwd = () => { throw new TypeError('a fault'); };\nexport default",
    );
    const { exitCode, stderr } = await bundle();
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/a fault[\s\S]* \(?.*src\/synthesize\.ts:\d+/);
  });
});
