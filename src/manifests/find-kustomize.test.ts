import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writeExecutable } from "../../test/executable.js";
import { findKustomize } from "./render.js";

const BUILDS = "#!/bin/sh\necho 'kind: ConfigMap'\n";
const REFUSES = "#!/bin/sh\necho 'unknown flag: --load-restrictor' >&2\nexit 1\n";

describe("looking for a program that renders the Flux tree", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "notejam-kustomize-test-"));
    vi.stubEnv("PATH", folder);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  it("takes kubectl before kustomize", async () => {
    writeExecutable(join(folder, "kubectl"), BUILDS);
    writeExecutable(join(folder, "kustomize"), BUILDS);
    expect(await findKustomize()).toMatchObject({ program: "kubectl" });
  });

  it("takes kustomize where kubectl is too old to build with the options of Flux", async () => {
    writeExecutable(join(folder, "kubectl"), REFUSES);
    writeExecutable(join(folder, "kustomize"), BUILDS);
    expect(await findKustomize()).toMatchObject({ program: "kustomize" });
  });

  it("says in one line how to get one where neither builds", async () => {
    writeExecutable(join(folder, "kubectl"), REFUSES);
    await expect(findKustomize()).rejects.toThrow(
      /^Neither kubectl nor kustomize was found in a version .* Install kubectl: \S+$/,
    );
  });
});
