import { build } from "esbuild";
import type { WorkflowFile } from "./workflow-file.js";

const parser = await loadParser();

/** Bundles the parser, because it imports its schema in a way that only bundlers support. */
async function loadParser(): Promise<typeof import("@actions/workflow-parser")> {
  const { outputFiles } = await build({
    entryPoints: ["@actions/workflow-parser"],
    bundle: true,
    // The bundle requires Node's modules through CommonJS.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire("file:///");' },
    format: "esm",
    platform: "node",
    write: false,
  });
  const [{ contents = new Uint8Array() } = {}] = outputFiles;
  return import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(contents).toString("base64")}`);
}

/** Returns the errors of GitHub's workflow schema and parser. */
export function schemaErrors({ path, text }: Pick<WorkflowFile, "path" | "text">): string[] {
  const { context } = parser.parseWorkflow(
    { name: path, content: text },
    new parser.NoOperationTraceWriter(),
  );
  return context.errors.getErrors().map(String);
}
