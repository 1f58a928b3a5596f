import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { copyDevAndProd } from "../../test/environments-folder.js";
import { needs } from "../../test/required-tools.js";
import { runNotejam } from "../../test/run-notejam.js";
import { TODAY } from "../../test/synthesized-app.js";

/** Runs on a copy of the repository's Flux tree. */

let folder: string;
let tree: string;

beforeAll(async () => {
  await mkdir("out", { recursive: true });
  folder = await mkdtemp(join("out", "check-"));
  tree = join(folder, "flux");
  await cp("flux", tree, { recursive: true });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The clock of the checks stands still: support of Kubernetes versions ends on a day. */
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: TODAY }));

afterEach(() => void vi.useRealTimers());

/** Sets the Kubernetes version of an environment file. */
function withVersion135(text: string): string {
  const start = "export default defineEnvironment({";
  return text.replace(start, `${start}\n  kubernetesVersion: "1.35",`);
}

const check = (...options: readonly string[]) =>
  runNotejam(["check", "--tree", tree, "--out", join(folder, "out"), ...options]);

async function edit(file: string, from: string, to: string): Promise<void> {
  const path = join(tree, file);
  const text = await readFile(path, "utf8");
  expect(text).toContain(from);
  await writeFile(path, text.replace(from, to));
}

describe("the check command", needs("kubectl or kustomize"), () => {
  it("finds no errors in the repository, names the skipped checks, and writes a page for each environment", async () => {
    const { status, stdout, stderr } = await check();
    expect(stdout).toMatch(/^dev: \d+ objects in \d+ Kustomizations, 0 errors$/m);
    expect(stdout).toMatch(/^prod: \d+ objects in \d+ Kustomizations, 0 errors$/m);
    expect(stderr).toMatch(/SKIPPED: .*--schemas names no folder/);
    expect(stderr).toMatch(/SKIPPED: .*--chart-values names no folder/);
    expect(status).toBe(0);
    const page = await readFile(join(folder, "out", "prod", "index.html"), "utf8");
    expect(page).toContain("notejam-prod-application/apps-deployment-notejam-notejam.yaml");
    const written = await readdir(join(folder, "out", "prod", "notejam-prod-application"));
    expect(written).toContain("apps-deployment-notejam-notejam.yaml");
  });

  it("warns 90 days before the end of support of a Kubernetes version", async () => {
    const environments = join(folder, "ending");
    await mkdir(environments);
    await copyDevAndProd(environments, withVersion135);
    vi.setSystemTime("2026-12-27");
    const { status, stdout, stderr } = await check("--environments", environments, "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout).configuration).toMatchObject([
      { severity: "warning", where: { subject: "kubernetesVersion" } },
      { severity: "warning", where: { subject: "kubernetesVersion" } },
    ]);
    expect(stderr).toContain('kubernetesVersion: "1.35" leaves EKS standard support after 2027-03-27');
  });

  it("prints each error of a broken tree with its place, and exits with 1", async () => {
    await edit("clusters/services/notejam-base.yaml", "wait: true", "wait: false");
    await edit("microservices/notejam/application/service.yaml", "targetPort: http", "targetPort: web");
    await edit("microservices/notejam/application/ingress.yaml", "${HOST_NAME}", "${HOSTNAME}");
    await edit("ingress-class/kustomization.yaml", "ingressclass.yaml", "absent.yaml");
    const { status, stdout, stderr } = await check();
    expect(stdout).toContain("does not wait for its objects");
    expect(stdout).toContain("sends to port web");
    expect(stdout).toContain("uses HOSTNAME, which is not in cluster-vars");
    expect(stdout).toMatch(/Kustomization ingress-class \(\.\/ingress-class\): .*absent\.yaml/);
    expect(stderr).toMatch(/^The manifests have \d+ errors\.$/m);
    expect(status).toBe(1);
  });

  it("prints the same errors as JSON", async () => {
    const { status, stdout } = await check("--json");
    const environment = expect.objectContaining({
      environment: "prod",
      objects: expect.any(Number),
      kustomizations: expect.any(Number),
      diagnostics: expect.arrayContaining([
        expect.objectContaining({ severity: "error", summary: expect.stringContaining("sends to port web") }),
      ]),
    });
    expect(JSON.parse(stdout)).toEqual({
      configuration: [],
      environments: expect.arrayContaining([environment]),
      skipped: [
        expect.objectContaining({ option: "--schemas" }),
        expect.objectContaining({ option: "--chart-values" }),
      ],
      pages: join(folder, "out", "index.html"),
    });
    expect(status).toBe(1);
  });
});

describe("the check command without a result", () => {
  afterEach(() => void vi.unstubAllEnvs());

  it("exits with 1 for a Kubernetes version past its standard support, which synthesis accepts", async () => {
    const environments = join(folder, "old");
    await mkdir(environments);
    await copyDevAndProd(environments, withVersion135);
    vi.setSystemTime("2027-03-28");
    const { status, stdout, stderr } = await check("--environments", environments, "--json");
    expect(status).toBe(1);
    expect(JSON.parse(stdout).configuration).toMatchObject([
      { severity: "error", where: { subject: "kubernetesVersion" } },
      { severity: "error", where: { subject: "kubernetesVersion" } },
    ]);
    expect(stderr).toContain('kubernetesVersion: "1.35" left EKS standard support after 2027-03-27');
  });

  it("exits with 1 for an invalid configuration, and names the field", async () => {
    const environments = join(folder, "environments");
    await mkdir(environments);
    await copyDevAndProd(environments, (text) =>
      text.replace("logRetentionDays: 365", "logRetentionDays: 366"),
    );
    const { status, stdout, stderr } = await check("--environments", environments);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/prod\.ts\n {2}logRetentionDays: /);
    const json = await check("--environments", environments, "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({
      configuration: [{ check: expect.any(String), where: { subject: "logRetentionDays" } }],
      environments: [],
      pages: null,
    });
  });

  it("exits with 2 and one line when kubectl and kustomize are missing", async () => {
    vi.stubEnv("PATH", join(resolve(folder), "nowhere"));
    const { status, stderr } = await check();
    expect(stderr).toMatch(/\nNeither kubectl nor kustomize was found.*$/);
    expect(status).toBe(2);
  });

  it("exits with 2 and one line when the folder of schemas does not exist", async () => {
    expect(await check("--schemas", "nowhere")).toEqual({
      status: 2,
      stdout: "",
      stderr: "--schemas: the folder nowhere does not exist.",
    });
  });

  it("exits with 2 when the folder of the Flux tree does not exist, without a message about writing", async () => {
    const { status, stderr } = await check("--tree", "nowhere");
    expect(stderr).toMatch(/^Cannot continue: ENOENT/m);
    expect(stderr).not.toMatch(/Cannot write|^\s+at /m);
    expect(status).toBe(2);
  });
});
