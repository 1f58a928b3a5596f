import { type Arguments, type Block, isArguments, nested, type StackView, texts } from "./stack-view.js";

/** One statement of an IAM policy. */
export interface Statement {
  readonly allow: boolean;
  readonly actions: readonly string[];
  /** Has NotAction. */
  readonly hasNotAction: boolean;
  readonly resources: readonly string[];
  /** Has NotResource. */
  readonly hasNotResource: boolean;
  /** Applies to any principal: "*" or NotPrincipal. */
  readonly anyPrincipal: boolean;
  readonly conditional: boolean;
}

/** A policy document in a stack. */
export interface Policy {
  readonly block: Block;
  /** Argument of the block that contains the document. */
  readonly argument: string;
  /** Identity-based, or resource-based (trust policies of roles included). */
  readonly on: "identity" | "resource";
  readonly statements: readonly Statement[];
}

/** Resource types with an identity-based policy, and its argument. */
const IDENTITY_POLICIES: readonly (readonly [type: string, argument: string])[] = [
  ["aws_iam_policy", "policy"],
  ["aws_iam_role_policy", "policy"],
  ["aws_iam_user_policy", "policy"],
  ["aws_iam_group_policy", "policy"],
  ["aws_ssoadmin_permission_set_inline_policy", "inline_policy"],
  // An endpoint policy limits actions like an identity-based one; the network decides who reaches the endpoint.
  ["aws_vpc_endpoint", "policy"],
];

/** Resource types with a resource-based policy or a trust policy, and its argument. */
const RESOURCE_POLICIES: readonly (readonly [type: string, argument: string])[] = [
  ["aws_iam_role", "assume_role_policy"],
  ["aws_s3_bucket", "policy"],
  ["aws_s3_bucket_policy", "policy"],
  ["aws_kms_key", "policy"],
  ["aws_kms_key_policy", "policy"],
  ["aws_kms_replica_key", "policy"],
  ["aws_kms_external_key", "policy"],
  ["aws_sns_topic", "policy"],
  ["aws_sns_topic_policy", "policy"],
  ["aws_sqs_queue", "policy"],
  ["aws_sqs_queue_policy", "policy"],
  ["aws_secretsmanager_secret", "policy"],
  ["aws_secretsmanager_secret_policy", "policy"],
  ["aws_ecr_repository_policy", "policy"],
  ["aws_ecr_registry_policy", "policy"],
  ["aws_cloudwatch_log_resource_policy", "policy_document"],
  ["aws_backup_vault_policy", "policy"],
  ["aws_efs_file_system_policy", "policy"],
];

/** Returns every policy document in a stack; values that are known only after apply are left out. */
export function policiesOf(stack: StackView): readonly Policy[] {
  return [
    ...IDENTITY_POLICIES.flatMap(([type, argument]) => written(stack, type, argument, "identity")),
    ...RESOURCE_POLICIES.flatMap(([type, argument]) => written(stack, type, argument, "resource")),
    ...stack.ofType("aws_iam_role").flatMap(inlinePolicies),
    ...stack.dataSources.filter(({ type }) => type === "aws_iam_policy_document").map(policyDocument),
  ];
}

function written(stack: StackView, type: string, argument: string, on: Policy["on"]): Policy[] {
  return stack
    .ofType(type)
    .map((block) => ({ block, argument, on, statements: statementsOfText(block.arguments[argument]) }));
}

function inlinePolicies(role: Block): Policy[] {
  return nested(role.arguments, "inline_policy").map(({ policy }) => ({
    block: role,
    argument: "inline_policy",
    on: "identity",
    statements: statementsOfText(policy),
  }));
}

/** The data source creates both kinds of policies; one with principals is resource-based. */
function policyDocument(block: Block): Policy {
  const statements = nested(block.arguments, "statement");
  const on = statements.some((statement) => nested(statement, "principals").length > 0)
    ? "resource"
    : "identity";
  return { block, argument: "statement", on, statements: statements.map(statementOfBlock) };
}

function statementOfBlock(statement: Arguments): Statement {
  const principals = nested(statement, "principals");
  return {
    allow: (statement.effect ?? "Allow") === "Allow",
    actions: texts(statement.actions),
    hasNotAction: texts(statement.not_actions).length > 0,
    resources: texts(statement.resources),
    hasNotResource: texts(statement.not_resources).length > 0,
    anyPrincipal: principals.some(
      ({ type, identifiers }) => (type === "*" || type === "AWS") && texts(identifiers).includes("*"),
    ),
    conditional: nested(statement, "condition").length > 0,
  };
}

function statementsOfText(policy: unknown): Statement[] {
  if (typeof policy !== "string") return [];
  const document = parsed(policy);
  const statement = isArguments(document) ? document.Statement : undefined;
  const statements: readonly unknown[] = Array.isArray(statement) ? statement : [statement];
  return statements.filter(isArguments).map(statementOfJson);
}

/** Returns undefined for a Terraform reference, `${…}`: the data source that it refers to is checked instead. */
function parsed(policy: string): unknown {
  try {
    return JSON.parse(policy);
  } catch {
    return undefined;
  }
}

function statementOfJson(statement: Arguments): Statement {
  const principal = statement.Principal;
  const accounts = isArguments(principal) ? principal.AWS : principal;
  return {
    allow: statement.Effect === "Allow",
    actions: oneOrMore(statement.Action),
    hasNotAction: statement.NotAction !== undefined,
    resources: oneOrMore(statement.Resource),
    hasNotResource: statement.NotResource !== undefined,
    anyPrincipal: oneOrMore(accounts).includes("*") || statement.NotPrincipal !== undefined,
    conditional: isArguments(statement.Condition) && Object.keys(statement.Condition).length > 0,
  };
}

function oneOrMore(value: unknown): readonly string[] {
  return typeof value === "string" ? [value] : texts(value);
}
