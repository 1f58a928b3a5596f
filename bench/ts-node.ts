import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { atLeast, costInWords, figureOnly, type Result } from "./result.js";
import { medianSynth, synthesizeOnce } from "./synth.js";

const BUDGET_RATIO = 8;
const PACKAGES = ["typescript@5.9.3", "ts-node@10.9.2"];

/** Settings for TypeScript 5 that are equivalent to tsconfig.json. ts-node does not support TypeScript 7. */
const TSCONFIG = {
  compilerOptions: {
    target: "ES2023",
    module: "NodeNext",
    moduleResolution: "NodeNext",
    strict: true,
    skipLibCheck: true,
    noEmit: false,
  },
};

/** Compares the synthesis with ts-node, which `cdktf init` configures, and with this project's command. */
export async function benchTsNode(project: string): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), "notejam-bench-ts-node-"));
  try {
    const installed = await execa(
      "npm",
      ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", ...PACKAGES],
      {
        reject: false,
        cwd: folder,
      },
    );
    if (installed.failed) {
      return [
        figureOnly(`ts-node: NOT MEASURED, ${PACKAGES.join(" and ")} could not be installed`, "offline?"),
      ];
    }
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG));
    const ours = await medianSynth(project, {}, 3);
    const theirs = await synthesizeOnce(project, tsNode(folder), {
      TS_NODE_PROJECT: join(folder, "tsconfig.json"),
      TS_NODE_COMPILER: join(folder, "node_modules/typescript"),
      NODE_NO_WARNINGS: "1",
    });
    return [
      figureOnly("synth with ts-node", costInWords(theirs)),
      atLeast("synth: speedup relative to ts-node", theirs.wallSeconds / ours.wallSeconds, BUDGET_RATIO, "×"),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Node arguments for ts-node as an ESM loader. */
function tsNode(folder: string): readonly string[] {
  return [process.execPath, "--loader", join(folder, "node_modules/ts-node/esm.mjs"), "src/main.ts"];
}
