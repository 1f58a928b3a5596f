import type { StackView } from "./stack-view.js";

/** What a rule found at one construct. */
export interface Finding {
  /** Path of the construct. */
  readonly path: string;
  /** Terraform type of the construct, such as `aws_s3_bucket`. */
  readonly type: string;
  /** What is wrong, in half a sentence. */
  readonly what: string;
  /** How to comply, when the rule's own advice is not exact enough. @default the rule's */
  readonly remedy?: string;
}

/** One thing that no stack may contain. */
export interface Rule<Id extends string = string> {
  /** Name by which exceptions and messages speak of it. */
  readonly id: Id;
  /** Why it exists. */
  readonly why: string;
  /** How to comply. */
  readonly remedy: string;
  /** Finds every construct of a stack that breaks it. */
  readonly check: (stack: StackView) => readonly Finding[];
}

/** A finding with the rule that made it. */
export interface Refusal {
  readonly finding: Finding;
  readonly rule: Rule;
}

/** A stack breaks the policy, or an exception to the policy is wrong; the message is meant for people and is all they need. */
export class PolicyError extends Error {
  readonly refusals: readonly Refusal[];

  constructor(stack: string, refusals: readonly Refusal[], wrongExceptions: readonly string[]) {
    super(describe(stack, refusals, wrongExceptions));
    this.name = "PolicyError";
    this.refusals = refusals;
  }
}

function describe(stack: string, refusals: readonly Refusal[], wrongExceptions: readonly string[]): string {
  const total = refusals.length + wrongExceptions.length;
  const heading = `The policy refuses the stack ${stack}, for ${total} ${total === 1 ? "reason" : "reasons"}:`;
  return [heading, ...refusals.map(describeRefusal), ...wrongExceptions].join("\n\n");
}

function describeRefusal({ finding, rule }: Refusal): string {
  return [
    `${finding.path} (${finding.type}) ${finding.what}`,
    `    rule:   ${rule.id}`,
    `    why:    ${rule.why}`,
    `    remedy: ${finding.remedy ?? rule.remedy}`,
  ].join("\n");
}
