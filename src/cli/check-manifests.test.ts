import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { needs } from "../../test/required-tools.js";

/** The program as people run it, over a copy of the repository's tree. */

let folder: string;
let tree: string;

beforeAll(async () => {
  await mkdir("out", { recursive: true });
  folder = await mkdtemp(join("out", "check-manifests-"));
  tree = join(folder, "flux");
  await cp("flux", tree, { recursive: true });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function check(options: readonly string[], env: Record<string, string> = {}) {
  const out = join(folder, "out");
  return execa(
    process.execPath,
    ["--import", "tsx", resolve("src/cli/check-manifests.ts"), "--tree", tree, "--out", out, ...options],
    { reject: false, env: { K8S_SCHEMAS: "", CHART_VALUES: "", NO_COLOR: "1", ...env } },
  );
}

async function edit(file: string, from: string, to: string): Promise<void> {
  const path = join(tree, file);
  const text = await readFile(path, "utf8");
  expect(text).toContain(from);
  await writeFile(path, text.replace(from, to));
}

describe("npm run check:manifests", needs("kubectl or kustomize"), () => {
  it("finds nothing in the tree, says loudly what it left out, and writes a page per environment", async () => {
    const { exitCode, stdout, stderr } = await check([]);
    expect(stdout).toMatch(/^dev: \d+ objects in \d+ Kustomizations, 0 errors$/m);
    expect(stdout).toMatch(/^prod: \d+ objects in \d+ Kustomizations, 0 errors$/m);
    expect(stderr).toMatch(/SKIPPED: .*--schemas names no folder/);
    expect(stderr).toMatch(/SKIPPED: .*--chart-values names no folder/);
    expect(exitCode).toBe(0);
    const page = await readFile(join(folder, "out", "prod", "index.html"), "utf8");
    expect(page).toContain("notejam-prod-application/apps-deployment-notejam-notejam.yaml");
    const written = await readdir(join(folder, "out", "prod", "notejam-prod-application"));
    expect(written).toContain("apps-deployment-notejam-notejam.yaml");
  });

  it("tells every fault of a broken tree with its place, and ends with status 1", async () => {
    await edit("clusters/services/notejam-base.yaml", "wait: true", "wait: false");
    await edit("microservices/notejam/application/service.yaml", "targetPort: http", "targetPort: web");
    await edit("microservices/notejam/application/ingress.yaml", "${HOST_NAME}", "${HOSTNAME}");
    await edit("ingress-class/kustomization.yaml", "ingressclass.yaml", "absent.yaml");
    const { exitCode, stdout, stderr } = await check([]);
    expect(stdout).toContain("does not wait for its objects");
    expect(stdout).toContain("sends to port web");
    expect(stdout).toContain("uses HOSTNAME, which is not in cluster-vars");
    expect(stdout).toMatch(/Kustomization ingress-class \(\.\/ingress-class\): .*absent\.yaml/);
    expect(stdout + stderr).not.toMatch(/^\s+at /m);
    expect(exitCode).toBe(1);
  });

  it("reports in one line that kubectl and kustomize are missing", async () => {
    const { exitCode, stderr } = await check([], { PATH: join(resolve(folder), "nowhere") });
    expect(stderr).toMatch(/Neither kubectl nor kustomize was found.*\n?$/);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(exitCode).toBe(2);
  });

  it("says in a line that a folder of schemas does not exist", async () => {
    const { exitCode, stderr } = await check(["--schemas", "nowhere"]);
    expect(stderr).toContain("--schemas: the folder nowhere does not exist.");
    expect(exitCode).toBe(2);
  });

  it("says in a line that a folder that it reads does not exist, and nothing of writing", async () => {
    const { exitCode, stderr } = await check(["--tree", "nowhere"]);
    expect(stderr).toContain("Cannot go on: ENOENT");
    expect(stderr).not.toMatch(/Cannot write|^\s+at /m);
    expect(exitCode).toBe(1);
  });
});
