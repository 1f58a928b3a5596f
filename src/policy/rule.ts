import type { Block, StackView } from "./stack-view.js";

/** A block that violates a rule. */
export interface Violation {
  readonly block: Block;
  /** The violation: half a sentence that continues the block's path ("has no retention"). */
  readonly summary: string;
  /** How to comply. @default the hint of the rule */
  readonly hint?: string;
}

/** One requirement on every stack. */
export interface Rule<Id extends string = string> {
  /** Id in exceptions and diagnostics, in kebab-case. */
  readonly id: Id;
  readonly reason: string;
  /** How to comply: an imperative. */
  readonly hint: string;
  /** Returns every block of a stack that violates the rule. */
  readonly check: (stack: StackView) => readonly Violation[];
}
