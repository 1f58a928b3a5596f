import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { Diagnostic } from "../diagnostic.js";
import {
  at,
  isFields,
  listAt,
  type Manifest,
  parseManifests,
  splitDocuments,
  textAt,
} from "../kubernetes/objects.js";
import { isLeftAlone, substitute } from "../kubernetes/substitute.js";
import { UserError } from "../user-error.js";
import type { EnvironmentFacts } from "./environment-facts.js";
import { manifestError } from "./manifest-error.js";

/** Objects that Flux would apply in one environment. */
export interface Rendered {
  readonly objects: readonly Manifest[];
  readonly diagnostics: readonly Diagnostic[];
  /** Variables that the tree uses. */
  readonly used: ReadonlySet<string>;
}

/** A program that builds a folder with a kustomization.yaml. */
export interface Kustomize {
  readonly program: "kubectl" | "kustomize";
  /** Its arguments, before the folder. */
  readonly args: readonly string[];
}

// In Flux, a kustomization can load files from its whole repository. By default both programs allow only its folder.
const LOAD_ALL = "--load-restrictor=LoadRestrictionsNone";
const PROGRAMS: readonly Kustomize[] = [
  { program: "kubectl", args: ["kustomize", LOAD_ALL] },
  { program: "kustomize", args: ["build", LOAD_ALL] },
];

/** Time limit of the trial build, generous for a cold start on a busy machine. */
const TRIAL_TIMEOUT_MS = 20_000;
const TRIAL = "configMapGenerator:\n  - name: trial\n    literals: [a=b]\n";

/**
 * Finds the program that renders the Flux tree: `kubectl`, else `kustomize`. Tries each with a small folder, because
 * old versions do not support the options.
 *
 * @throws UserError if neither builds it
 */
export async function findKustomize(): Promise<Kustomize> {
  const folder = mkdtempSync(join(tmpdir(), "notejam-kustomize-"));
  try {
    writeFileSync(join(folder, "kustomization.yaml"), TRIAL);
    for (const kustomize of PROGRAMS) {
      const { failed, stdout } = await execa(kustomize.program, [...kustomize.args, folder], {
        reject: false,
        stdin: "ignore",
        timeout: TRIAL_TIMEOUT_MS,
        killSignal: "SIGKILL",
      });
      if (!failed && stdout.includes("kind: ConfigMap")) return kustomize;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  throw new UserError("Neither kubectl nor kustomize was found in a version that renders the Flux tree.", {
    hint: "Install kubectl: https://kubernetes.io/docs/tasks/tools/.",
  });
}

/** Builds folders as Flux does, each once: environments differ only in the substituted values. */
export class Builder {
  private readonly tree: string;
  private readonly kustomize: Kustomize;
  private readonly built = new Map<string, Promise<string>>();

  constructor(tree: string, kustomize: Kustomize) {
    this.tree = tree;
    this.kustomize = kustomize;
  }

  /**
   * @param path - folder in the tree, without a leading `./`
   * @throws Error with the last line of the program's standard error
   */
  build(path: string): Promise<string> {
    const known = this.built.get(path);
    if (known) return known;
    const building = this.run(path);
    this.built.set(path, building);
    return building;
  }

  exists(path: string): boolean {
    return existsSync(join(this.tree, path));
  }

  private async run(path: string): Promise<string> {
    const { program, args } = this.kustomize;
    const { stdout, stderr, failed } = await execa(program, [...args, join(this.tree, path)], {
      reject: false,
      stdin: "ignore",
    });
    if (failed) throw new Error(stderr.trim().split("\n").at(-1) ?? `${program} failed`);
    return stdout;
  }
}

/** Builds all Kustomizations, starting at the root, and substitutes the values of the environment. */
export async function render(builder: Builder, facts: EnvironmentFacts): Promise<Rendered> {
  const objects: Manifest[] = [];
  const diagnostics: Diagnostic[] = [];
  const used = new Set<string>();
  const open = [{ name: facts.root.name, path: facts.root.path, substitutes: true }];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { name, path, substitutes } = next;
    if (!builder.exists(path)) continue;
    try {
      const text = await builder.build(path);
      const result = fillIn(text, name, substitutes ? facts.clusterVars : undefined);
      objects.push(...result.objects);
      diagnostics.push(...result.diagnostics);
      for (const variable of result.used) used.add(variable);
      open.push(...result.objects.flatMap(childKustomizations));
    } catch (error) {
      diagnostics.push(manifestError("build", `Kustomization ${name} (./${path})`, messageOf(error)));
    }
  }
  return { objects, diagnostics, used };
}

/** Substitutes values in the objects of one Kustomization. */
export function fillIn(
  text: string,
  kustomization: string,
  values: Readonly<Record<string, string>> | undefined,
): Rendered {
  const used = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  const objects = splitDocuments(text).flatMap((document) => {
    if (values === undefined || isLeftAlone(document)) return parseManifests(document, kustomization);
    const result = substitute(document, values);
    for (const name of result.used) used.add(name);
    const parsed = parseManifests(result.text, kustomization);
    for (const name of new Set(result.undefined)) {
      const where = parsed.map(({ kind, name: object }) => `${kind} ${object}`).join(", ");
      diagnostics.push(
        manifestError("variables", `${where} (Kustomization ${kustomization})`, [
          `uses ${name}, which is not in cluster-vars`,
          "add it to src/stacks/cluster-vars.ts, or write $${…} to keep the text",
        ]),
      );
    }
    return parsed;
  });
  return { objects, diagnostics, used };
}

/** Returns the Kustomizations among the objects. */
function childKustomizations({ apiVersion, kind, name, body }: Manifest) {
  if (kind !== "Kustomization" || !apiVersion.startsWith("kustomize.toolkit.fluxcd.io/")) return [];
  const path = (textAt(body, "spec", "path") ?? "").replace(/^\.?\//, "");
  const sources = listAt(at(body, "spec", "postBuild"), "substituteFrom").filter(isFields);
  return [{ name, path, substitutes: sources.length > 0 }];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
