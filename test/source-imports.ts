import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import constructs from "../modules/package.json" with { type: "json" };

/** One import of a source file. */
export interface SourceImport {
  readonly file: string;
  /** Path in the repository, or name of a package. */
  readonly from: string;
}

/** Workspaces, by the name under which others import them. */
const WORKSPACES = {
  "@notejam/emulator": "emulator",
  "@notejam/embedded-server": "embedded-server",
} as const;

/** Source files of @notejam/constructs by the names that they are imported by. */
const CONSTRUCTS: ReadonlyMap<string, string> = new Map(
  Object.entries(constructs.exports).map(([name, file]) => [
    constructs.name + name.slice(".".length),
    normalize(join("modules", file)),
  ]),
);

const STATIC_IMPORT = /^(?:import|export)\s(?:[^"`;]*?\sfrom\s)?"([^"]+)"/gm;
const DYNAMIC_IMPORT = /\bimport\("([^"]+)"\)/g;

/** Returns the TypeScript files below a folder, without tests (`*.test.ts`) and shared test suites (`*-tests.ts`). */
export function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter(
      (name) => name.endsWith(".ts") && !/(\.test|-tests)\.ts$/.test(name) && !name.includes("node_modules"),
    )
    .map((name) => join(folder, name));
}

/** Returns the imports of the source files below a folder; those of types, too. */
export function importsOf(folder: string): SourceImport[] {
  return sourceFiles(folder).flatMap((file) => {
    const text = readFileSync(file, "utf8");
    return [STATIC_IMPORT, DYNAMIC_IMPORT].flatMap((pattern) =>
      [...text.matchAll(pattern)].map(([, specifier = ""]) => ({ file, from: resolve(file, specifier) })),
    );
  });
}

/** Resolves a specifier to a path in the repository; the name of a package from elsewhere stays. */
function resolve(file: string, specifier: string): string {
  if (specifier.startsWith(".")) return normalize(join(dirname(file), specifier)).replace(/\.js$/, ".ts");
  for (const [name, folder] of Object.entries(WORKSPACES)) {
    if (specifier === name || specifier.startsWith(`${name}/`)) return specifier.replace(name, folder);
  }
  return CONSTRUCTS.get(specifier) ?? specifier;
}

/** Returns the strongly connected parts of a graph that are cycles, each sorted. */
export function cyclesOf(edges: readonly (readonly [from: string, to: string])[]): string[][] {
  const targets = new Map<string, Set<string>>();
  for (const [from, to] of edges) {
    if (from !== to) targets.set(from, (targets.get(from) ?? new Set()).add(to));
  }
  const reachable = new Map([...targets.keys()].map((node) => [node, reachableFrom(node, targets)]));
  const cycles = new Map<string, string[]>();
  for (const [node, reached] of reachable) {
    if (!reached.has(node)) continue;
    const cycle = [...reached].filter((other) => reachable.get(other)?.has(node)).sort();
    cycles.set(cycle.join(), cycle);
  }
  return [...cycles.values()];
}

function reachableFrom(node: string, targets: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const reached = new Set<string>();
  const open = [...(targets.get(node) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    open.push(...(targets.get(next) ?? []));
  }
  return reached;
}
