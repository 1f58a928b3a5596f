import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copyDevAndProd } from "./environments-folder.js";
import { needs } from "./required-tools.js";

/** The program that `cdktf synth` runs, as it runs it. */
const MAIN = resolve("src/main.ts");

let folder: string;
let environments: string;
let output: string;

beforeEach(async () => {
  // Inside the repository, so that environments there find the package they import.
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

function synth(env: Record<string, string> = {}) {
  return execa(process.execPath, ["--import", "tsx", MAIN], {
    reject: false,
    env: { NOTEJAM_ENVIRONMENTS: environments, CDKTF_OUTDIR: output, ...env },
  });
}

const written = (directory: string) => readdir(directory, { recursive: true }).catch(() => []);

describe("the synth command", () => {
  it("writes every stack and a manifest, and says nothing", async () => {
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

  it("makes a third environment of one new file", async () => {
    await cp(join(environments, "dev.ts"), join(environments, "test.ts"));
    await edit("test.ts", 'name: "dev"', 'name: "test"');
    await edit("test.ts", "10.20.0.0/16", "10.30.0.0/16");
    await edit("test.ts", "notejam-dev.example.com", "notejam-test.example.com");
    const { exitCode, stderr } = await synth();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(await readdir(join(output, "stacks"))).toContain("notejam-test");
  });

  it("tells all that is wrong in all files, with status 1, without a stack trace, and writes nothing", async () => {
    await edit("dev.ts", "10.20.0.0/16", "10.20.0.0/28");
    await edit("dev.ts", 'drRegion: "eu-central-1"', 'drRegion: "eu-west-1"');
    await edit("prod.ts", "logRetentionDays: 365", "logRetentionDays: 366");
    const { exitCode, stderr, stdout } = await synth();
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("The configuration has 3 problems in 2 files");
    for (const field of ["vpcCidr", "drRegion", "logRetentionDays"]) expect(stderr).toContain(`  ${field}: `);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(await written(output)).toEqual([]);
  });

  it(
    "says that the disk is full, and leaves nothing half written",
    needs("permission to mount a file system"),
    async () => {
      const disk = join(folder, "disk");
      await mkdir(disk);
      await execa("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", disk]);
      try {
        const { exitCode, stderr } = await synth({ CDKTF_OUTDIR: join(disk, "cdktf.out") });
        expect(exitCode).toBe(1);
        expect(stderr).toMatch(/^Cannot write the Terraform configuration: ENOSPC.*\nThe disk is full/);
        expect(stderr).not.toMatch(/^\s+at /m);
        expect(await readdir(disk)).toEqual([]);
      } finally {
        await execa("umount", [disk]);
      }
    },
  );

  it("says that a file stands where the output folder should be, in a line", async () => {
    await writeFile(join(folder, "occupied"), "");
    const { exitCode, stderr } = await synth({ CDKTF_OUTDIR: join(folder, "occupied", "out") });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^Cannot write the Terraform configuration: .*\n.*CDKTF_OUTDIR/);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
