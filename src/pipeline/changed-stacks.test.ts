import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devAndProd } from "../../test/synthesized-app.js";
import type { Environment } from "../config/environment.js";
import { readTree } from "../kubernetes/flux-tree.js";
import { addStacks, type Composition } from "../stacks/compose.js";
import { synthesizeInto } from "../terraform/write-stacks.js";
import { changedStacks as compareSides } from "./changed-stacks.js";

let home: string;
let base: string;
let composition: Composition;

beforeAll(async () => {
  mkdirSync("out", { recursive: true });
  // Inside the repository, so that a copy of the project there finds the packages.
  home = mkdtempSync(resolve("out", "changed-stacks-"));
  composition = { ...(await devAndProd()), tree: readTree("flux"), now: new Date() };
  base = await synth("base", {});
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Synthesizes the repository's stacks with changed inputs. */
async function synth(name: string, change: Partial<Composition>): Promise<string> {
  const out = join(home, name);
  await synthesizeInto(out, (app) => addStacks(app, { ...composition, ...change }));
  return out;
}

/** Returns the environments, with one of them changed. */
function withEnvironment(
  name: string,
  change: (environment: Environment) => Environment,
): Partial<Composition> {
  const environments = composition.environments.map((environment) =>
    environment.name === name ? change(environment) : environment,
  );
  expect(environments).not.toEqual(composition.environments);
  return { environments };
}

/** Synthesizes an edited copy of the project, as a job does with a checkout. */
async function synthCopy(name: string, edit: (project: string) => void): Promise<string> {
  const project = join(home, name);
  const filter = (path: string) => !/(^|\/)(node_modules|dist|out)(\/|$)/.test(path);
  for (const folder of ["src", "modules", "environments", "flux", "app"]) {
    cpSync(folder, join(project, folder), { recursive: true, filter });
  }
  // The base has only these two environments.
  for (const file of readdirSync(join(project, "environments"))) {
    if (!["organization.ts", "dev.ts", "prod.ts"].includes(file)) rmSync(join(project, "environments", file));
  }
  for (const file of ["package.json", "tsconfig.json", "tool-versions.json"])
    cpSync(file, join(project, file));
  // The copy's own modules. All other packages are found in the repository's node_modules.
  mkdirSync(join(project, "node_modules/@notejam"), { recursive: true });
  symlinkSync("../../modules", join(project, "node_modules/@notejam/constructs"));
  edit(project);
  const out = join(project, "cdktf.out");
  const env = { CDKTF_OUTDIR: out };
  await execa(process.execPath, ["--import", "tsx", "src/main.ts"], { cwd: project, env });
  return out;
}

function replaceIn(file: string, from: string, to: string): void {
  const text = readFileSync(file, "utf8");
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}

const NOTHING = { changed: [], added: [], removed: [] };

/** Compares two folders of synthesized stacks without lock files. */
const changedStacks = (before: string, after: string) => compareSides({ folder: before }, { folder: after });

describe("the stacks that a change affects", () => {
  it("are one platform stack for the database size of one environment", async () => {
    const size = withEnvironment("prod", (prod) => ({
      ...prod,
      database: { ...prod.database, instanceClass: "db.r6g.xlarge" },
    }));
    expect(changedStacks(base, await synth("size", size))).toEqual({ ...NOTHING, changed: ["notejam-prod"] });
  });

  it("are one GitOps stack for the number of pods of one environment", async () => {
    const pods = withEnvironment("prod", (prod) => ({
      ...prod,
      application: { ...prod.application, replicas: { ...prod.application.replicas, min: 6 } },
    }));
    expect(changedStacks(base, await synth("pods", pods))).toEqual({
      ...NOTHING,
      changed: ["notejam-prod-gitops"],
    });
  });

  it("are the stacks with the Flux tree for a change of its files", async () => {
    const tree = composition.tree.map((file) =>
      file.path.endsWith("imagerepository.yaml") ? { ...file, content: `${file.content}# a word\n` } : file,
    );
    expect(tree).not.toEqual(composition.tree);
    expect(changedStacks(base, await synth("tree", { tree }))).toEqual({
      ...NOTHING,
      changed: ["notejam-dev-gitops", "notejam-prod-gitops"],
    });
  });

  it("are those of all environments for a module, and none for the application or comments", async () => {
    const edited = await synthCopy("module", (project) => {
      replaceIn(join(project, "modules/ecr/container-registry.ts"), "scanOnPush: true", "scanOnPush: false");
      writeFileSync(join(project, "app/another.ts"), "export {};\n");
      replaceIn(join(project, "src/stacks/gitops.ts"), "/**", "/** A word more.\n *\n *");
    });
    expect(changedStacks(base, edited)).toEqual({ ...NOTHING, changed: ["notejam-dev", "notejam-prod"] });
  });

  it("are all if the target branch cannot be synthesized", async () => {
    const all = [
      "notejam-bootstrap",
      "notejam-dev",
      "notejam-dev-gitops",
      "notejam-prod",
      "notejam-prod-gitops",
    ];
    expect(compareSides(undefined, { folder: base })).toEqual({ ...NOTHING, changed: all });
  });

  it("include those of new and of removed environments", async () => {
    const environments = composition.environments.filter(({ name }) => name !== "prod");
    const without = await synth("without-prod", { environments });
    const difference = ["notejam-prod", "notejam-prod-gitops"];
    // The bootstrap stack has resources for each environment.
    expect(changedStacks(without, base)).toEqual({
      changed: ["notejam-bootstrap"],
      added: difference,
      removed: [],
    });
    expect(changedStacks(base, without)).toEqual({
      changed: ["notejam-bootstrap"],
      added: [],
      removed: difference,
    });
  });
});

/** Writes synthesized stacks with one stack. */
function output(name: string, configuration: object, assets: Readonly<Record<string, string>> = {}): string {
  const folder = join(home, name);
  const stack = join(folder, "stacks/one");
  mkdirSync(join(stack, "assets"), { recursive: true });
  const manifest = { stacks: { one: { name: "one", synthesizedStackPath: "stacks/one/cdk.tf.json" } } };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
  writeFileSync(join(stack, "cdk.tf.json"), JSON.stringify(configuration));
  for (const [file, text] of Object.entries(assets)) writeFileSync(join(stack, "assets", file), text);
  return folder;
}

describe("two configurations", () => {
  const resource = (body: object) => ({ resource: { aws_x: { y: body } } });
  const one = resource({ a: 1, b: [1, 2], tags: { "//": "text" } });

  it.each([
    [
      "comments",
      { "//": { metadata: { version: "9" } }, ...resource({ "//": "x", ...one.resource.aws_x.y }) },
      true,
    ],
    ["the order of keys", resource({ b: [1, 2], tags: { "//": "text" }, a: 1 }), true],
    ["the order of a list", resource({ a: 1, b: [2, 1], tags: { "//": "text" } }), false],
    ["a value that looks like a comment", resource({ a: 1, b: [1, 2], tags: { "//": "other" } }), false],
    ["a provider's version", { ...one, terraform: { required_providers: { aws: { version: "7" } } } }, false],
  ])("with another %s", (what, other, same) => {
    const [before, after] = [output(`${what}-1`, one), output(`${what}-2`, other)];
    expect(changedStacks(before, after).changed).toEqual(same ? [] : ["one"]);
  });

  it("differ by their assets, but not by files of Terraform", () => {
    const before = output("assets-1", one, { "a.json": "1" });
    expect(changedStacks(before, output("assets-2", one, { "a.json": "2" })).changed).toEqual(["one"]);
    expect(changedStacks(before, output("assets-3", one, { "a.json": "1", b: "" })).changed).toEqual(["one"]);
    const used = output("assets-4", one, { "a.json": "1" });
    mkdirSync(join(used, "stacks/one/.terraform"));
    writeFileSync(join(used, "stacks/one/.terraform.lock.hcl"), "# locked");
    expect(readdirSync(join(used, "stacks/one"))).toContain(".terraform");
    expect(changedStacks(before, used)).toEqual(NOTHING);
  });

  it("differ by the lock file entries of their providers", () => {
    const aws = { source: "aws", version: "~> 6.26" };
    const folder = output("locks", { ...one, terraform: { required_providers: { aws } } });
    const lock = (name: string, awsVersion: string, helmVersion: string) => {
      const file = join(folder, name);
      const entry = (provider: string, version: string) =>
        `provider "registry.terraform.io/hashicorp/${provider}" {\n  version = "${version}"\n  constraints = "~> 6.26"\n}\n`;
      writeFileSync(file, entry("aws", awsVersion) + entry("helm", helmVersion));
      return file;
    };
    const before = { folder, lockFile: lock("before", "6.26.0", "3.1.0") };
    expect(compareSides(before, { folder, lockFile: lock("aws", "6.27.0", "3.1.0") }).changed).toEqual([
      "one",
    ]);
    expect(compareSides(before, { folder, lockFile: lock("helm", "6.26.0", "3.2.0") })).toEqual(NOTHING);
    expect(compareSides(before, before)).toEqual(NOTHING);
    // The change adds the first lock file.
    expect(compareSides({ folder, lockFile: join(folder, "none") }, before).changed).toEqual(["one"]);
  });

  it("cannot be compared without synthesized stacks", () => {
    expect(() => changedStacks("/nowhere", base)).toThrow(
      /\/nowhere has no synthesized stacks.*npm run synth/,
    );
    const broken = output("broken", one);
    writeFileSync(join(broken, "stacks/one/cdk.tf.json"), "{");
    expect(() => changedStacks(broken, broken)).toThrow(/cdk\.tf\.json cannot be read/);
    writeFileSync(join(broken, "manifest.json"), "{}");
    expect(() => changedStacks(broken, broken)).toThrow(
      /manifest\.json cannot be read: CDKTF did not write it/,
    );
  });
});
