import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { atLeast, costInWords, figureOnly, type Result } from "./result.js";
import { medianSynth, synthesizeOnce } from "./synth.js";

const BUDGET_RATIO = 8;
const PACKAGES = ["typescript@5.9.3", "ts-node@10.9.2"];

/** ts-node knows neither TypeScript 7 nor its settings: these are the same rules in the words of TypeScript 5. */
const TSCONFIG = {
  compilerOptions: {
    target: "ES2022",
    module: "NodeNext",
    moduleResolution: "NodeNext",
    strict: true,
    skipLibCheck: true,
    noEmit: false,
  },
};

/** The same app through the runner that `cdktf init` sets up, against ours, in one run. */
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
      figureOnly("the same app through ts-node", costInWords(theirs)),
      atLeast(
        "synth: times faster than through ts-node",
        theirs.wallSeconds / ours.wallSeconds,
        BUDGET_RATIO,
        "×",
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The project is ESM, for which ts-node is loaded as Node's loader. */
function tsNode(folder: string): readonly string[] {
  return [process.execPath, "--loader", join(folder, "node_modules/ts-node/esm.mjs"), "src/main.ts"];
}
