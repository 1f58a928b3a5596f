import { Aspects, type TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import type { Diagnostic } from "../diagnostic.js";
import { UserError } from "../user-error.js";
import type { Rule } from "./rule.js";
import { customerManagedKey } from "./rules/customer-managed-key.js";
import { deletionProtection } from "./rules/deletion-protection.js";
import { encryptedBucket } from "./rules/encrypted-bucket.js";
import { ingressFromAnywhere } from "./rules/ingress-from-anywhere.js";
import { logRetention } from "./rules/log-retention.js";
import { privateBucket } from "./rules/private-bucket.js";
import { publicPrincipal } from "./rules/public-principal.js";
import { requiredTags } from "./rules/required-tags.js";
import { unlimitedPermission } from "./rules/unlimited-permission.js";
import { StackView } from "./stack-view.js";

const RULES = [
  ingressFromAnywhere,
  customerManagedKey,
  logRetention,
  privateBucket,
  encryptedBucket,
  publicPrincipal,
  unlimitedPermission,
  requiredTags,
  deletionProtection,
] as const;

/** Id of a rule in exceptions and diagnostics. */
type RuleId = (typeof RULES)[number]["id"];

/** Exempts one construct from one rule. */
export interface PolicyException {
  /** Path of the construct in the stack, such as `access-logs/bucket`; constructs below it are not covered. */
  readonly path: string;
  /** Rule that does not apply to the construct. */
  readonly rule: RuleId;
  /** Reason, at least 20 characters; reviewers check it to decide whether the exception is still needed. */
  readonly because: string;
}

/** Facts about a stack that the policy depends on. */
export interface PolicyOptions {
  /** True for an environment with real users. */
  readonly production: boolean;
  /** Tags that every resource must have. */
  readonly requiredTags: readonly string[];
  /** Constructs that are exempt from a rule. @default [] */
  readonly exceptions?: readonly PolicyException[];
}

/** Minimum length of an exception's reason, in characters. */
const MIN_REASON_LENGTH = 20;

/**
 * Makes `app.synth()` throw a UserError (exit status 1) with all diagnostics of the stack if it violates a rule, before
 * any of its files is written. An exception that is not needed is an error too.
 *
 * The validation throws instead of returning its errors: cdktf adds advice to ignore returned errors, and an environment
 * variable disables errors that are annotations.
 */
export function enforcePolicy(stack: TerraformStack, options: PolicyOptions): void {
  const constructs = new Set<IConstruct>();
  Aspects.of(stack).add({ visit: (construct) => void constructs.add(construct) });
  stack.node.addValidation({
    validate: () => {
      const diagnostics = checkStack(stack, constructs, options);
      if (diagnostics.length > 0) {
        throw new UserError(`The stack ${stack.node.path} violates the policy.`, {
          exitCode: 1,
          diagnostics,
        });
      }
      return [];
    },
  });
}

function checkStack(
  stack: TerraformStack,
  constructs: Iterable<IConstruct>,
  options: PolicyOptions,
): Diagnostic[] {
  const view = new StackView(stack, constructs, options);
  const exceptions = options.exceptions ?? [];
  const used = new Set<PolicyException>();
  const violations = RULES.flatMap((rule: Rule) =>
    rule.check(view).flatMap(({ block, summary, hint = rule.hint }): Diagnostic[] => {
      const covering = exceptions.filter(
        (exception) => rule.id === exception.rule && block.path === `${stack.node.path}/${exception.path}`,
      );
      for (const exception of covering) used.add(exception);
      if (covering.length > 0) return [];
      const subject = `${pathInStack(stack, block.path)} (${block.type})`;
      return [
        {
          severity: "error",
          check: rule.id,
          where: { source: stack.node.path, subject },
          summary,
          reason: rule.reason,
          hint,
        },
      ];
    }),
  );
  return [...violations, ...exceptions.flatMap((exception) => checkException(stack, exception, used))];
}

function pathInStack(stack: TerraformStack, path: string): string {
  return path.startsWith(`${stack.node.path}/`) ? path.slice(stack.node.path.length + 1) : path;
}

function checkException(
  stack: TerraformStack,
  exception: PolicyException,
  used: ReadonlySet<PolicyException>,
): Diagnostic[] {
  const { path, rule, because } = exception;
  const hasReason = because.trim().length >= MIN_REASON_LENGTH;
  if (hasReason && used.has(exception)) return [];
  return [
    {
      severity: "error",
      check: "policy-exception",
      where: { source: stack.node.path, subject: `exception from ${rule} for ${path}` },
      summary: hasReason
        ? "matches no construct that violates the rule"
        : `has no reason of at least ${MIN_REASON_LENGTH} characters`,
      reason: "an exception that is not needed would hide the next violation at its path",
      hint: "correct its path, write why it is needed, or remove it",
    },
  ];
}
