import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import * as z from "zod";
import toolVersions from "../tool-versions.json" with { type: "json" };

/** Tested fields of Renovate's configuration. */
const Renovate = z.object({
  flux: z.object({ managerFilePatterns: z.array(z.string()) }),
  pip_requirements: z.object({ managerFilePatterns: z.array(z.string()) }),
  customManagers: z.array(
    z.object({
      depNameTemplate: z.string().optional(),
      datasourceTemplate: z.string(),
      packageNameTemplate: z.string().optional(),
      managerFilePatterns: z.array(z.string()),
      matchStrings: z.array(z.string()),
      matchStringsStrategy: z.enum(["any", "recursive"]).default("any"),
    }),
  ),
  packageRules: z.array(
    z.object({
      groupName: z.string().optional(),
      enabled: z.boolean().optional(),
      matchManagers: z.array(z.string()).default([]),
      matchFileNames: z.array(z.string()).default([]),
      matchPackageNames: z.array(z.string()).default([]),
      matchDepNames: z.array(z.string()).default([]),
      matchUpdateTypes: z.array(z.string()).default([]),
    }),
  ),
});

const renovate = Renovate.parse(JSON.parse(readFileSync(".github/renovate.json", "utf8")));

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
    .map(({ parentPath, name }) => join(parentPath, name));

/** Returns true if a file matches one of Renovate's patterns, which are regular expressions between slashes. */
const looksInto = (patterns: readonly string[], file: string) =>
  patterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(file));

/** Versions that a custom manager extracts, each with its file. */
function foundBy(name: string): { readonly file: string; readonly version: string }[] {
  return renovate.customManagers
    .filter(({ depNameTemplate }) => depNameTemplate === name || depNameTemplate === undefined)
    .flatMap((manager) =>
      ["tool-versions.json", ...["modules", "src", ".github"].flatMap(filesIn)]
        .filter((file) => looksInto(manager.managerFilePatterns, file))
        .flatMap((file) =>
          matchesIn(readFileSync(file, "utf8"), manager)
            .filter(({ groups }) => (manager.depNameTemplate ?? groups?.depName) === name)
            .map(({ groups }) => ({ file, version: groups?.currentValue ?? "" })),
        ),
    );
}

/**
 * Returns the matches of a manager: with `any` of each expression, with `recursive` of the last within those before.
 */
function matchesIn(
  text: string,
  { matchStrings, matchStringsStrategy }: z.output<typeof Renovate>["customManagers"][number],
): RegExpExecArray[] {
  const [first = "", ...further] = matchStrings.map((expression) => new RegExp(expression, "g"));
  if (matchStringsStrategy === "any") {
    return [first, ...further].flatMap((expression) => [...text.matchAll(new RegExp(expression))]);
  }
  return further.reduce<RegExpExecArray[]>(
    (matches, expression) => matches.flatMap(([part]) => [...part.matchAll(expression)]),
    [...text.matchAll(new RegExp(first))],
  );
}

/** Returns the data source and package of a custom manager. */
const sourceOf = (name: string) =>
  renovate.customManagers
    .filter(({ depNameTemplate }) => depNameTemplate === name)
    .map(
      ({ datasourceTemplate, packageNameTemplate = name }) => `${datasourceTemplate} ${packageNameTemplate}`,
    );

const groupsOf = (manager: string) =>
  renovate.packageRules
    .filter(({ matchManagers, groupName }) => matchManagers.includes(manager) && groupName !== undefined)
    .map(({ groupName }) => groupName);

describe("Renovate", () => {
  it.each(["npm", "github-actions", "flux", "dockerfile", "pip_requirements", "gomod", "nvm"])(
    "updates what %s names, in groups",
    (manager) => {
      expect(groupsOf(manager)).not.toEqual([]);
    },
  );

  it("groups the packages of every package.json", () => {
    const files = renovate.packageRules
      .filter(({ matchManagers, groupName }) => matchManagers.includes("npm") && groupName)
      .flatMap(({ matchFileNames }) => matchFileNames);
    const { workspaces }: { workspaces: string[] } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(files.sort()).toEqual(
      ["package.json", ...workspaces.map((path) => `${path}/package.json`)].sort(),
    );
  });

  it("extracts each version from the code", () => {
    expect(foundBy("flux-operator").map(({ file }) => file)).toEqual(["modules/flux/flux.ts"]);
    expect(foundBy("flux").map(({ file }) => file)).toEqual(["modules/flux/flux.ts"]);
    expect(foundBy("trufflehog")).toEqual([
      { file: ".github/workflows/checks.yaml", version: expect.stringMatching(/^3\.\d+\.\d+$/) },
    ]);
  });

  it("extracts the repositories of the schemas for manifests", () => {
    const checks = readFileSync(".github/workflows/checks.yaml", "utf8");
    const repositories = [...checks.matchAll(/repository: (\S+)/g)].map(([, name = ""]) => name);
    expect(repositories.length).toBeGreaterThan(3);
    for (const name of repositories) {
      expect(foundBy(name), name).toEqual([
        { file: ".github/workflows/checks.yaml", version: expect.stringMatching(/^v\d+\.\d+\.\d+$/) },
      ]);
    }
  });

  it.each([
    [
      "terraform",
      "github-releases hashicorp/terraform",
      [toolVersions.terraform.pinned, toolVersions.terraform.newestTested],
    ],
    ["opentofu", "github-releases opentofu/opentofu", [toolVersions.opentofu.newestTested]],
    ["terraform-provider-aws", "terraform-provider hashicorp/aws", [toolVersions.awsProvider.newestTested]],
    ["moto", "pypi moto", [toolVersions.moto.newestTested]],
    ["node", "node-version node", [toolVersions.node.pinned, ...toolVersions.node.tested]],
  ])(
    "extracts the versions of %s in tool-versions.json, except the oldest supported one",
    (name, source, versions) => {
      expect(foundBy(name)).toEqual(versions.map((version) => ({ file: "tool-versions.json", version })));
      expect(sourceOf(name)).toEqual([source]);
    },
  );

  it("keeps the major version of each tested Node", () => {
    const left = renovate.packageRules.filter(({ enabled }) => enabled === false);
    expect(left).toContainEqual(
      expect.objectContaining({ matchDepNames: ["node"], matchUpdateTypes: ["major"] }),
    );
  });

  it("updates Python requirements in groups, except those of the oldest moto", () => {
    const files = [".github/lint/requirements.txt", "emulator/requirements.txt"];
    for (const file of [...files, "emulator/requirements-oldest.txt"]) {
      expect(looksInto(renovate.pip_requirements.managerFilePatterns, file), file).toBe(true);
    }
    const groups = files.map((file) =>
      renovate.packageRules
        .filter(({ matchManagers }) => matchManagers.includes("pip_requirements"))
        .filter(({ matchFileNames }) =>
          matchFileNames.some((glob) => file.startsWith(glob.replace("**", ""))),
        )
        .map(({ groupName }) => groupName),
    );
    expect(groups).toEqual([["linters"], ["emulator"]]);
    const disabled = renovate.packageRules
      .filter(({ enabled }) => enabled === false)
      .flatMap(({ matchFileNames }) => matchFileNames);
    expect(disabled).toContain("emulator/requirements-oldest.txt");
  });

  it("extracts the repository of each chart in the Flux tree", () => {
    const objects = filesIn("flux")
      .filter((file) => file.endsWith(".yaml"))
      .flatMap((file) =>
        parseAllDocuments(readFileSync(file, "utf8")).map((document) => ({ file, object: document.toJS() })),
      );
    const named = (kind: string) => objects.filter(({ object }) => object?.kind === kind);
    const sources = named("HelmRepository").map(
      ({ object: { metadata } }) => `${metadata.namespace}/${metadata.name}`,
    );
    const charts = named("HelmRelease").filter(({ object }) => object.spec.chart !== undefined);
    expect(charts.length).toBeGreaterThan(3);
    for (const { file, object } of [...charts, ...named("OCIRepository")]) {
      expect(looksInto(renovate.flux.managerFilePatterns, file), file).toBe(true);
      // Renovate does not read the namespace of a Kustomization.
      const reference = object.spec.chart?.spec.sourceRef;
      if (reference)
        expect(sources, file).toContain(
          `${reference.namespace ?? object.metadata.namespace}/${reference.name}`,
        );
    }
  });

  it("ignores archived packages and the file of the image automation", () => {
    const left = renovate.packageRules.filter(({ enabled }) => enabled === false);
    expect(left.flatMap(({ matchPackageNames }) => matchPackageNames)).toEqual(
      expect.arrayContaining(["cdktf", "@cdktf/**", "constructs"]),
    );
    const files = left.flatMap(({ matchFileNames }) => matchFileNames);
    const written = "flux/microservices/notejam/image/kustomization.yaml";
    expect(files).toContain(written);
    expect(readFileSync(written, "utf8")).toContain("$imagepolicy");
  });
});
