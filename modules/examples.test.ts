import { type TerraformStack, Testing } from "cdktf";
import type { Construct } from "constructs";
import { describe, expect, it } from "vitest";
import { moduleFolders } from "./tooling/readmes.js";

type StackClass = new (scope: Construct, id: string) => TerraformStack;

/** Loads the example of a folder, which exports one stack. */
async function exampleOf(folder: string): Promise<StackClass> {
  const [stack, ...others] = Object.values<StackClass>(await import(`./${folder}/example.ts`));
  if (stack === undefined || others.length > 0)
    throw new Error(`${folder}/example.ts must export one stack.`);
  return stack;
}

describe("examples", () => {
  it.each(moduleFolders())("of %s synthesize", async (folder) => {
    const Example = await exampleOf(folder);
    const stack = new Example(Testing.app({ stackTraces: false }), folder);
    stack.prepareStack();
    const { resource = {} }: { resource?: object } = JSON.parse(Testing.synth(stack));
    expect(Object.keys(resource).length).toBeGreaterThan(0);
  });
});
