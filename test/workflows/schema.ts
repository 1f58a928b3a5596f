import { build } from "esbuild";
import type { WorkflowFile } from "./workflow-file.js";

const parser = await loadParser();

/** The parser imports its schema in a way that only bundlers understand. */
async function loadParser(): Promise<typeof import("@actions/workflow-parser")> {
  const { outputFiles } = await build({
    entryPoints: ["@actions/workflow-parser"],
    bundle: true,
    // What it bundles asks for Node's own modules as CommonJS does.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire("file:///");' },
    format: "esm",
    platform: "node",
    write: false,
  });
  const [{ contents = new Uint8Array() } = {}] = outputFiles;
  return import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(contents).toString("base64")}`);
}

/** What GitHub's own schema and parser of workflows refuse. */
export function schemaFindings({ path, text }: Pick<WorkflowFile, "path" | "text">): string[] {
  const { context } = parser.parseWorkflow(
    { name: path, content: text },
    new parser.NoOperationTraceWriter(),
  );
  return context.errors.getErrors().map(String);
}
