import "../replace-deprecated.js";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { App } from "cdktf";

/**
 * Builds an app and writes either all of its stacks into a folder, or none.
 *
 * CDKTF validates and writes stack by stack: an error in the second stack would leave a new first one, and a full disk a
 * partial file. Therefore the stacks are written to a temporary folder and moved when they are complete. Other files in the
 * target folder (overrides, Terraform's data) are not changed.
 *
 * @param directory - output folder, such as `cdktf.out`
 * @param build - adds the stacks to the app
 */
export async function synthesizeInto(directory: string, build: (app: App) => void): Promise<void> {
  const target = resolve(directory);
  await mkdir(dirname(target), { recursive: true });
  const staging = await mkdtemp(`${target}.new-`);
  try {
    withoutTraces(() => {
      const app = new App({ outdir: staging, stackTraces: false });
      build(app);
      app.synth();
    });
    await moveFiles(staging, target);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function moveFiles(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((found) => found.isFile())) {
    const source = join(entry.parentPath, entry.name);
    const destination = join(to, source.slice(from.length));
    await mkdir(dirname(destination), { recursive: true });
    await rename(source, destination);
  }
}

/**
 * Disables CDKTF's stack traces of tokens and constructs. They are not used, and cost a fifth of the time and a third of the
 * memory of a synthesis. Errors keep their stack, because CDKTF captures into objects that are not errors.
 */
export function withoutTraces(work: () => void): void {
  const { captureStackTrace } = Error;
  Error.captureStackTrace = (target, below) => {
    if (target instanceof Error) captureStackTrace(target, below);
  };
  try {
    work();
  } finally {
    Error.captureStackTrace = captureStackTrace;
  }
}
