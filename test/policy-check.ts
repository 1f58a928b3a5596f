import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { TerraformStack, Testing } from "cdktf";
import type { Rule } from "../src/policy/refusal.js";
import { StackView } from "../src/policy/stack-view.js";

/** Tags of the test stack's provider. */
export const TAGS = { Owner: "DevOps", Environment: "test", ManagedBy: "Terraform", Project: "NoteJam" };

/** A key of our own, as an argument has it. */
export const KEY = "arn:aws:kms:eu-west-1:111122223333:key/ours";

/** An empty stack named `stack` with an AWS provider that tags what it makes; nothing of it stays on disk. */
function emptyStack(): TerraformStack {
  const outdir = mkdtempSync(join(tmpdir(), "notejam-policy-"));
  const stack = new TerraformStack(Testing.app({ outdir }), "stack");
  rmSync(outdir, { recursive: true });
  new AwsProvider(stack, "aws", { region: "eu-west-1", defaultTags: [{ tags: TAGS }] });
  return stack;
}

/** What a rule finds in a stack, as `path what`; the path is inside the stack. */
export function findings(
  rule: Rule,
  build: (stack: TerraformStack) => void,
  { production = true }: { production?: boolean } = {},
): string[] {
  const stack = emptyStack();
  build(stack);
  const view = new StackView(stack, stack.node.findAll(), { production, requiredTags: Object.keys(TAGS) });
  return rule.check(view).map(({ path, what }) => `${path.replace(/^stack\//, "")} ${what}`);
}
