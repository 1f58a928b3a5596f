import { Aspects, type TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import { PolicyError, type Refusal, type Rule } from "./refusal.js";
import { deletionProtection } from "./rules/deletion-protection.js";
import { encryptedBucket } from "./rules/encrypted-bucket.js";
import { ingressFromAnywhere } from "./rules/ingress-from-anywhere.js";
import { logRetention } from "./rules/log-retention.js";
import { openToEverybody } from "./rules/open-to-everybody.js";
import { ourKey } from "./rules/our-key.js";
import { privateBucket } from "./rules/private-bucket.js";
import { requiredTags } from "./rules/required-tags.js";
import { unlimitedPermission } from "./rules/unlimited-permission.js";
import { StackView } from "./stack-view.js";

const RULES = [
  ingressFromAnywhere,
  ourKey,
  logRetention,
  privateBucket,
  encryptedBucket,
  openToEverybody,
  unlimitedPermission,
  requiredTags,
  deletionProtection,
] as const;

/** Name of a rule, as exceptions and messages have it. */
type RuleId = (typeof RULES)[number]["id"];

/** One construct that may break one rule. */
export interface PolicyException {
  /** Path of the construct inside the stack, such as `access-logs/bucket`; it does not cover what is below. */
  readonly path: string;
  /** The rule that it may break. */
  readonly rule: RuleId;
  /** Why, in at least 20 characters: the next reader decides by it whether it still holds. */
  readonly because: string;
}

/** What the policy must know about a stack. */
export interface PolicyOptions {
  /** Whether people depend on the environment. */
  readonly production: boolean;
  /** Tags that every resource must bear. */
  readonly requiredTags: readonly string[];
  /** What may break a rule, and why. @default none */
  readonly exceptions?: readonly PolicyException[];
}

/** Shortest reason that can say anything. */
const SHORTEST_REASON = 20;

/**
 * Refuses to synthesize a stack that breaks a rule: `app.synth()` throws a `PolicyError` with all refusals of the
 * stack, before anything of it is written. An exception that is not needed is refused too.
 *
 * It is a validation that throws: errors by annotation, and those that a validation returns, come with advice on how
 * to ignore them, and a variable in the environment lets the former pass.
 */
export function enforcePolicy(stack: TerraformStack, options: PolicyOptions): void {
  const constructs = new Set<IConstruct>();
  Aspects.of(stack).add({ visit: (construct) => void constructs.add(construct) });
  stack.node.addValidation({
    validate: () => {
      judge(stack, constructs, options);
      return [];
    },
  });
}

function judge(stack: TerraformStack, constructs: Iterable<IConstruct>, options: PolicyOptions): void {
  const view = new StackView(stack, constructs, options);
  const found = RULES.flatMap((rule: Rule) =>
    rule.check(view).map((finding): Refusal => ({ finding, rule })),
  );
  const exceptions = options.exceptions ?? [];
  const refusals = found.filter(
    (refusal) => !exceptions.some((exception) => covers(stack, exception, refusal)),
  );
  const wrong = exceptions.flatMap((exception) => {
    const fault = faultOf(
      exception,
      found.some((refusal) => covers(stack, exception, refusal)),
    );
    return fault === undefined ? [] : [describeException(exception, fault)];
  });
  if (refusals.length + wrong.length > 0) throw new PolicyError(stack.node.path, refusals, wrong);
}

function covers(stack: TerraformStack, exception: PolicyException, { finding, rule }: Refusal): boolean {
  return rule.id === exception.rule && finding.path === `${stack.node.path}/${exception.path}`;
}

function faultOf({ because }: PolicyException, needed: boolean): string | undefined {
  if (because.trim().length < SHORTEST_REASON)
    return `gives no reason of ${SHORTEST_REASON} characters or more`;
  return needed ? undefined : "matches nothing that breaks the rule";
}

function describeException({ path, rule }: PolicyException, fault: string): string {
  return [
    `The exception for ${path} ${fault}`,
    `    rule:   ${rule}`,
    "    why:    an exception that nobody needs or understands hides the next fault at its place",
    "    remedy: correct its path, write why it is needed, or remove it",
  ].join("\n");
}
