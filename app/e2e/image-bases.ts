import { execFile } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import type { Buildah } from "./buildah.js";
import type { MachineNpm } from "./local-npm.js";

const run = promisify(execFile);

/** The release of Debian that the Dockerfile's own bases are made of. */
const RELEASE = "trixie";
/** Packages of the distroless base image. */
const RUNTIME = ["base-files", "ca-certificates", "libc6", "libgcc-s1", "libstdc++6", "netbase", "tzdata"];
/** Packages needed to bundle the application, and the PostgreSQL programs. */
const TOOLS = ["bash", "coreutils", "dash", "diffutils", "dpkg", "findutils", "grep", "gzip", "sed", "tar"];
const BUILD = ["base-files", "base-passwd", "ca-certificates", "libc-bin", "libstdc++6", ...TOOLS];
const POSTGRES = "postgresql-client-17";
const NPM = "npm@11";

/** Replacements for the base images of the Dockerfile, for machines without access to an image registry. */
export interface Bases {
  readonly build: string;
  readonly runtime: string;
}

/** Content of the base images. */
export interface BasesOptions {
  readonly buildah: Buildah;
  readonly folder: string;
  readonly npm: MachineNpm;
  /** Major version of Node. */
  readonly node: string;
}

/** Makes the bases from packages of Debian and npm. */
export async function makeBases({ buildah, folder, npm, node }: BasesOptions): Promise<Bases> {
  const [runtimeRoot, buildRoot, nodePackage, npmPackage] = await Promise.all([
    debian(folder, "runtime", "extract", RUNTIME),
    debian(folder, "build", "custom", [...BUILD, POSTGRES]),
    npm.fetch(`node-linux-${process.arch}@${node}`),
    npm.fetch(NPM),
  ]);
  const nodeProgram = path.join(nodePackage, "bin/node");
  const trusted = await npm.authorities();
  const runtime = await buildah.image("runtime", async (root) => {
    await unpack(runtimeRoot, root);
    put(nodeProgram, path.join(root, "nodejs/bin/node"));
  });
  const build = await buildah.image("build", async (root) => {
    await unpack(buildRoot, root);
    put(nodeProgram, path.join(root, "usr/local/bin/node"));
    cpSync(npmPackage, path.join(root, "usr/local/lib/node_modules/npm"), { recursive: true });
    symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", path.join(root, "usr/local/bin/npm"));
    // If this machine trusts a private CA for npm's registry, the build must trust it, too.
    if (trusted) put(trusted, path.join(root, trusted));
  });
  return { build, runtime };
}

/** Makes a root folder of Debian as an archive, from the mirror that this machine uses. */
async function debian(
  folder: string,
  name: string,
  variant: "custom" | "extract",
  packages: readonly string[],
): Promise<string> {
  const archive = path.join(folder, `${name}.tar`);
  const options = ["--mode=root", `--variant=${variant}`, `--include=${packages.join()}`];
  await run("mmdebstrap", [...options, RELEASE, archive, await mirror()]);
  return archive;
}

async function mirror(): Promise<string> {
  const wanted = ["Identifier: Packages", "Label: Debian"];
  const { stdout } = await run("apt-get", ["indextargets", "--format", "$(REPO_URI)", ...wanted]);
  return stdout.split("\n")[0] || "http://deb.debian.org/debian";
}

async function unpack(archive: string, into: string): Promise<void> {
  await run("tar", ["--extract", "--file", archive, "--directory", into]);
}

function put(file: string, to: string): void {
  mkdirSync(path.dirname(to), { recursive: true });
  copyFileSync(file, to);
}
