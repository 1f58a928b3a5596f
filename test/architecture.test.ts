import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cyclesOf, importsOf, type SourceImport, sourceFiles } from "./source-imports.js";

/** Programs directly in `src/`: they may import every folder. */
const ENTRY_POINTS = ["main.ts", "cached-main.ts", "synthesize.ts"];

/**
 * Folders of `src/` and workspaces, each with those that it may import. Files directly in `src/` that are no entry
 * point, such as `diagnostic.ts`, are below all of them.
 */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  modules: [],
  emulator: [],
  notejam: ["modules"],
  config: ["modules", "notejam"],
  policy: [],
  kubernetes: ["config", "modules"],
  terraform: ["config"],
  stacks: ["config", "policy", "modules", "notejam"],
  capacity: ["config", "kubernetes", "modules"],
  failover: ["config", "modules"],
  manifests: ["config", "kubernetes", "stacks", "terraform", "modules"],
  pipeline: ["config", "terraform"],
  local: ["config", "kubernetes", "manifests", "terraform", "emulator"],
  bootstrap: ["config", "terraform"],
  destroy: ["config", "terraform"],
  cli: [
    "bootstrap",
    "capacity",
    "config",
    "destroy",
    "emulator",
    "failover",
    "kubernetes",
    "local",
    "manifests",
    "modules",
    "pipeline",
    "policy",
    "stacks",
    "terraform",
  ],
};

/** Cycles of files, with the change that removes them. */
const KNOWN_CYCLES: readonly (readonly string[])[] = [];

/** Folders whose files are shipped. */
const SHIPPED = ["src", "modules", "environments", "emulator", "embedded-server", "app/src"];

const BINDINGS = /^@cdktf\/provider-[a-z]+\/lib\/[a-z0-9-]+\/index\.js$/;
const LIBRARIES = ["cdktf", "constructs", "cidr-tools"];

/** Functions of a module that need no CDKTF: configuration may use them. */
const NAMES = /^modules\/[a-z-]+\/names\.ts$/;

const imports = ["src", "modules", "emulator"].flatMap(importsOf);
const internal = imports.filter(({ from }) => /^(src|modules|emulator)\//.test(from));

function forbidden(imports: readonly SourceImport[], isAllowed: (found: SourceImport) => boolean): string[] {
  return imports.filter((found) => !isAllowed(found)).map(({ file, from }) => `${file} imports ${from}`);
}

/** Folder of a file; a file directly in `src/` stands for itself. */
function folderOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  return first === "src" ? second : first;
}

function isInTable({ file, from }: SourceImport): boolean {
  const [importer, imported] = [folderOf(file), folderOf(from)];
  if (importer === imported || ENTRY_POINTS.includes(importer)) return true;
  const isBottomFile = imported.endsWith(".ts") && !ENTRY_POINTS.includes(imported);
  if (isBottomFile) return true;
  if (importer === "cli" && ENTRY_POINTS.includes(imported)) return true;
  return FOLDERS[importer]?.includes(imported) ?? false;
}

describe("the folders of src/", () => {
  it("are all in the table", () => {
    const folders = imports.map(({ file }) => folderOf(file)).filter((name) => !name.endsWith(".ts"));
    expect([...new Set(folders)].sort()).toEqual(Object.keys(FOLDERS).sort());
  });

  it("import what the table allows", () => {
    expect(internal.length).toBeGreaterThan(500);
    expect(forbidden(internal, isInTable)).toEqual([]);
  });

  it("form no cycle", () => {
    const edges = internal.map(({ file, from }) => [folderOf(file), folderOf(from)] as const);
    expect(cyclesOf(edges)).toEqual([]);
  });

  it("have no files that import each other in a cycle, except those of KNOWN_CYCLES", () => {
    const edges = internal.map(({ file, from }) => [file, from] as const);
    expect(cyclesOf(edges)).toEqual(KNOWN_CYCLES);
  });
});

describe("a cycle", () => {
  it("is found with all of its members, and once", () => {
    const edges = ["ab", "bc", "ca", "cd", "de", "ed", "ef", "gg"].map(
      ([from = "", to = ""]) => [from, to] as const,
    );
    expect(cyclesOf(edges)).toEqual([
      ["a", "b", "c"],
      ["d", "e"],
    ]);
  });
});

describe("outside of src/", () => {
  /** Without tools of the package, and without examples, which combine modules. */
  const modules = importsOf("modules").filter(({ file }) => !/^modules\/tooling\/|\/example\.ts$/.test(file));

  it("modules import AWS bindings and building blocks, and no other module, stack or environment", () => {
    expect(modules.length).toBeGreaterThan(100);
    expect(
      forbidden(modules, ({ file, from }) => {
        const module = file.split("/")[1];
        return (
          BINDINGS.test(from) ||
          LIBRARIES.includes(from) ||
          from.startsWith("node:") ||
          from.startsWith("modules/core/") ||
          from.startsWith(`modules/${module}/`)
        );
      }),
    ).toEqual([]);
  });

  it("the files of modules that configuration uses import nothing of CDKTF", () => {
    const names = modules.filter(({ file }) => NAMES.test(file));
    expect(forbidden(names, ({ from }) => /^modules\/terraform-cloud\/iam-path\.ts$/.test(from))).toEqual([]);
  });

  it("configuration imports schema and network libraries, and names of modules", () => {
    const packages = importsOf("src/config").filter(({ from }) => !from.startsWith("src/"));
    expect(
      forbidden(
        packages,
        ({ from }) => /^(node:|zod$|cidr-tools$|temporal-polyfill$)/.test(from) || NAMES.test(from),
      ),
    ).toEqual([]);
  });

  it("stacks import modules and Terraform bindings, and read no file and no environment", () => {
    const packages = importsOf("src/stacks").filter(({ from }) => !from.startsWith("src/"));
    expect(
      forbidden(packages, ({ from }) =>
        /^(modules\/|tool-versions\.json$|@cdktf\/|cdktf$|constructs$)/.test(from),
      ),
    ).toEqual([]);
  });

  it("environments import the types that they fill, and each other", () => {
    expect(
      forbidden(importsOf("environments"), ({ from }) => /^(src\/config\/|environments\/)/.test(from)),
    ).toEqual([]);
  });

  it("the application and the infrastructure share no code", () => {
    expect(forbidden(importsOf("app"), ({ from }) => !/^(src|modules|environments)\//.test(from))).toEqual(
      [],
    );
    for (const folder of ["src", "modules", "environments"]) {
      expect(forbidden(importsOf(folder), ({ from }) => !from.startsWith("app/"))).toEqual([]);
    }
  });

  it.each(SHIPPED)("%s imports no test code", (folder) => {
    const shipped = importsOf(folder);
    expect(shipped.length).toBeGreaterThan(0);
    expect(
      forbidden(shipped, ({ from }) => !/^(app\/)?test\//.test(from) && !/\.test\.ts$/.test(from)),
    ).toEqual([]);
  });
});

describe("names in AWS", () => {
  const OWNERS = /^(src\/config|modules\/[a-z-]+)\/names\.ts$/;

  /** Templates that look like a name of an owner, but are something else. */
  const NO_NAMES: Readonly<Record<string, string>> = {
    "src/local/state-folder.ts": "notejam-${}", // a temporary folder
    "src/stacks/workspaces.ts": "${}-apply", // a construct id
    "modules/account/audit-trail.ts": "alias/${}", // the key of the audit trail, named in this file only
  };

  const files = [...sourceFiles("src"), ...sourceFiles("modules")];

  /** Template literals of a file, with `${}` in place of each expression. */
  function templatesOf(file: string): string[] {
    const code = readFileSync(file, "utf8").replaceAll(/^\s*(?:\/\*\*|\*|\/\/).*$/gm, "");
    return [...code.matchAll(/`((?:[^`\\]|\\.)*)`/g)]
      .map(([, template = ""]) => template.replaceAll(/\$\{[^}]*\}/g, "${}"))
      .filter((template) => template.includes("${}"));
  }

  /** Texts of three letters or more next to an expression, by which a name is recognized. */
  function partsOf(template: string): string[] {
    const parts = template.split("${}");
    return parts
      .flatMap((text, index) => [
        ...(index > 0 ? [`\${}${text}`] : []),
        ...(index < parts.length - 1 ? [`${text}\${}`] : []),
      ])
      .filter((part) => /[a-z]{3}/i.test(part.replace("${}", "")));
  }

  const parts = files
    .filter((file) => OWNERS.test(file))
    .flatMap((file) => templatesOf(file).flatMap(partsOf));

  it("are made in a names.ts only: src/config's, or that of the module that owns the resource", () => {
    expect(parts).toEqual(
      expect.arrayContaining(["notejam-${}", "${}-ecr-registry", "-cmk-${}", "alias/${}"]),
    );
    const copies = files
      .filter((file) => !OWNERS.test(file))
      .flatMap((file) =>
        templatesOf(file).flatMap((template) =>
          parts
            .filter((part) => template.includes(part) && NO_NAMES[file] !== part)
            .map((part) => `${file} builds a name from ${part}: ${template}`),
        ),
      );
    expect(copies).toEqual([]);
  });
});
