import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { TerraformStack, Testing } from "cdktf";
import type { Rule } from "../src/policy/rule.js";
import { StackView } from "../src/policy/stack-view.js";

/** Default tags of the provider in the test stack. */
export const TAGS = { Owner: "DevOps", Environment: "test", ManagedBy: "Terraform", Project: "NoteJam" };

/** ARN of a customer managed key. */
export const KEY = "arn:aws:kms:eu-west-1:111122223333:key/ours";

/** Empty stack named `stack` with an AWS provider that has default tags; writes nothing to disk. */
function emptyStack(): TerraformStack {
  const outdir = mkdtempSync(join(tmpdir(), "notejam-policy-"));
  const stack = new TerraformStack(Testing.app({ outdir }), "stack");
  rmSync(outdir, { recursive: true });
  new AwsProvider(stack, "aws", { region: "eu-west-1", defaultTags: [{ tags: TAGS }] });
  return stack;
}

/** Violations of a rule as `path summary`; the path is in the stack. */
export function violations(
  rule: Rule,
  build: (stack: TerraformStack) => void,
  { production = true }: { production?: boolean } = {},
): string[] {
  const stack = emptyStack();
  build(stack);
  const view = new StackView(stack, stack.node.findAll(), { production, requiredTags: Object.keys(TAGS) });
  return rule.check(view).map(({ block, summary }) => `${block.path.replace(/^stack\//, "")} ${summary}`);
}
