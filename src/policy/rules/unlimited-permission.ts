import type { Rule, Violation } from "../rule.js";
import type { StackView } from "../stack-view.js";
import { policiesOf, type Statement } from "../statements.js";

/** AWS managed policies that allow everything, or allow their principal to grant itself everything. */
const UNLIMITED_POLICIES = /:policy\/(AdministratorAccess|IAMFullAccess|PowerUserAccess)$/;

/** Resource types that attach managed policies, with the argument that names them. */
const ATTACHMENTS: readonly (readonly [type: string, argument: string])[] = [
  ["aws_iam_role_policy_attachment", "policy_arn"],
  ["aws_iam_user_policy_attachment", "policy_arn"],
  ["aws_iam_group_policy_attachment", "policy_arn"],
  ["aws_iam_policy_attachment", "policy_arn"],
  ["aws_iam_role_policy_attachments_exclusive", "policy_arns"],
  ["aws_iam_role", "managed_policy_arns"],
];

/** Statements must not allow every action on every resource. */
export const unlimitedPermission = {
  id: "unlimited-permission",
  reason: "an attacker who takes over such a principal controls the account",
  hint: "list the actions, and the ARNs of the resources or a condition on their tags (policyDocument of modules/core)",
  check: (stack) => [...unlimitedStatements(stack), ...unlimitedAttachments(stack)],
} satisfies Rule;

function unlimitedStatements(stack: StackView): Violation[] {
  return policiesOf(stack)
    .filter(({ statements, on }) => statements.some((statement) => isUnlimited(statement, on)))
    .map(({ block, argument }) => ({
      block,
      summary: `allows every action on every resource (${argument})`,
    }));
}

/**
 * In a resource policy `Resource: "*"` is that resource only, so only `Action: "*"` counts. The default key policy, which
 * allows `kms:*` to the account root, is allowed: it delegates access control to IAM.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
function isUnlimited(statement: Statement, on: "identity" | "resource"): boolean {
  const everyAction = statement.actions.some((action) => /^\*(:\*)?$/.test(action)) || statement.hasNotAction;
  const everyResource = statement.resources.includes("*") || statement.hasNotResource;
  return (
    statement.allow &&
    everyAction &&
    (everyResource || (on === "resource" && statement.resources.length === 0))
  );
}

function unlimitedAttachments(stack: StackView): Violation[] {
  return ATTACHMENTS.flatMap(([type, argument]) =>
    stack
      .ofType(type)
      .map((block) => ({ block, policies: [block.arguments[argument]].flat() }))
      .flatMap(({ block, policies }) =>
        policies
          .filter((policy) => typeof policy === "string" && UNLIMITED_POLICIES.test(policy))
          .map((policy) => ({ block, summary: `attaches ${policy}` })),
      ),
  );
}
