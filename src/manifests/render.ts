import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
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
import type { EnvironmentFacts } from "./environment-facts.js";
import type { Finding } from "./finding.js";

/** What Flux would apply in one environment. */
export interface Rendered {
  readonly objects: readonly Manifest[];
  readonly findings: readonly Finding[];
  /** Variables that the tree asks for. */
  readonly used: ReadonlySet<string>;
}

/** Neither `kubectl` nor `kustomize` is installed: nothing can be rendered. */
export class NoKustomize extends Error {
  constructor() {
    super(
      "Neither kubectl nor kustomize was found in a version that renders the Flux tree. Install kubectl: https://kubernetes.io/docs/tasks/tools/.",
    );
    this.name = "NoKustomize";
  }
}

/** A program that builds a folder with a kustomization.yaml. */
export interface Kustomize {
  readonly program: "kubectl" | "kustomize";
  /** Its arguments, before the folder. */
  readonly args: readonly string[];
}

// Flux lets a tree load files from all of its repository. By default both load only from the folder itself.
const LOAD_ALL = "--load-restrictor=LoadRestrictionsNone";
const PROGRAMS: readonly Kustomize[] = [
  { program: "kubectl", args: ["kustomize", LOAD_ALL] },
  { program: "kustomize", args: ["build", LOAD_ALL] },
];

/** Time limit of the trial build, generous for a cold start on a busy machine. */
const TRIAL_TIMEOUT_MS = 20_000;
const TRIAL = "configMapGenerator:\n  - name: trial\n    literals: [a=b]\n";

/**
 * Finds the program that renders the Flux tree: `kubectl`, else `kustomize`. Each has to build a small folder, because
 * old versions do not know the options.
 *
 * @throws NoKustomize when neither builds it
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
  throw new NoKustomize();
}

/** Builds folders as Flux does, each once: environments differ only in what is put into the result. */
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

/** Follows the Kustomizations from the first one on, builds each, and puts the environment's values in. */
export async function render(builder: Builder, facts: EnvironmentFacts): Promise<Rendered> {
  const objects: Manifest[] = [];
  const findings: Finding[] = [];
  const used = new Set<string>();
  const open = [{ name: facts.root.name, path: facts.root.path, substitutes: true }];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { name, path, substitutes } = next;
    if (!builder.exists(path)) continue;
    try {
      const text = await builder.build(path);
      const result = fillIn(text, name, substitutes ? facts.clusterVars : undefined);
      objects.push(...result.objects);
      findings.push(...result.findings);
      for (const variable of result.used) used.add(variable);
      open.push(...result.objects.flatMap(followed));
    } catch (error) {
      findings.push({ check: "build", where: `Kustomization ${name} (./${path})`, what: messageOf(error) });
    }
  }
  return { objects, findings, used };
}

/** Substitutes the values in one Kustomization's result, object by object. */
export function fillIn(
  text: string,
  kustomization: string,
  values: Readonly<Record<string, string>> | undefined,
): Rendered {
  const used = new Set<string>();
  const findings: Finding[] = [];
  const objects = splitDocuments(text).flatMap((document) => {
    if (values === undefined || isLeftAlone(document)) return parseManifests(document, kustomization);
    const result = substitute(document, values);
    for (const name of result.used) used.add(name);
    const parsed = parseManifests(result.text, kustomization);
    for (const name of new Set(result.undefined)) {
      const where = parsed.map(({ kind, name: object }) => `${kind} ${object}`).join(", ");
      findings.push({
        check: "variables",
        where: `${where} (Kustomization ${kustomization})`,
        what: `asks for ${name}, which cluster-vars does not have; add it to src/stacks/cluster-vars.ts, or write $\${…} to keep it`,
      });
    }
    return parsed;
  });
  return { objects, findings, used };
}

/** The Kustomizations among the objects, which Flux follows in turn. */
function followed({ apiVersion, kind, name, body }: Manifest) {
  if (kind !== "Kustomization" || !apiVersion.startsWith("kustomize.toolkit.fluxcd.io/")) return [];
  const path = (textAt(body, "spec", "path") ?? "").replace(/^\.?\//, "");
  const sources = listAt(at(body, "spec", "postBuild"), "substituteFrom").filter(isFields);
  return [{ name, path, substitutes: sources.length > 0 }];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
