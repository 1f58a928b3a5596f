import type { Finding, Rule } from "../refusal.js";
import type { StackView } from "../stack-view.js";
import { policiesOf, type Statement } from "../statements.js";

/** Policies of AWS's that allow everything, or let their holder allow it to himself. */
const UNLIMITED_POLICIES = /:policy\/(AdministratorAccess|IAMFullAccess|PowerUserAccess)$/;

/** Arguments by which the types that attach managed policies name them. */
const ATTACHMENTS: readonly (readonly [type: string, argument: string])[] = [
  ["aws_iam_role_policy_attachment", "policy_arn"],
  ["aws_iam_user_policy_attachment", "policy_arn"],
  ["aws_iam_group_policy_attachment", "policy_arn"],
  ["aws_iam_policy_attachment", "policy_arn"],
  ["aws_iam_role_policy_attachments_exclusive", "policy_arns"],
  ["aws_iam_role", "managed_policy_arns"],
];

/** Refuses statements that allow every action on every resource. */
export const unlimitedPermission = {
  id: "unlimited-permission",
  why: "whoever takes over the bearer of such a permission owns the account",
  remedy:
    "name the actions, and the resources' ARNs or a condition on their tags (policyDocument of modules/blocks)",
  check: (stack) => [...unlimitedStatements(stack), ...unlimitedAttachments(stack)],
} satisfies Rule;

function unlimitedStatements(stack: StackView): Finding[] {
  return policiesOf(stack)
    .filter(({ statements, on }) => statements.some((statement) => isUnlimited(statement, on)))
    .map(({ block: { path, type }, argument }) => ({
      path,
      type,
      what: `allows every action on every resource (${argument})`,
    }));
}

/**
 * On a resource `Resource: "*"` means that resource alone: there only `Action: "*"` counts. A key's `kms:*` for the
 * account's root is thereby allowed; it is how KMS lets IAM decide.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
function isUnlimited(statement: Statement, on: "identity" | "resource"): boolean {
  const everyAction =
    statement.actions.some((action) => /^\*(:\*)?$/.test(action)) || statement.allButSomeActions;
  const everyResource = statement.resources.includes("*") || statement.allButSomeResources;
  return (
    statement.allow &&
    everyAction &&
    (everyResource || (on === "resource" && statement.resources.length === 0))
  );
}

function unlimitedAttachments(stack: StackView): Finding[] {
  return ATTACHMENTS.flatMap(([type, argument]) =>
    stack
      .ofType(type)
      .map((block) => ({ block, policies: [block.arguments[argument]].flat() }))
      .flatMap(({ block, policies }) =>
        policies
          .filter((policy) => typeof policy === "string" && UNLIMITED_POLICIES.test(policy))
          .map((policy) => ({ path: block.path, type, what: `attaches ${policy}` })),
      ),
  );
}
