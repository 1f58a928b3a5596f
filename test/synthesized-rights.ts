import type { PolicyStatement } from "@notejam/constructs/core/iam-policy";
import type { Policies } from "./simulators/iam-policy.js";
import {
  type Block,
  type Synthesized,
  type SynthesizedStatement,
  statementsOf,
} from "./synthesized-constructs.js";

/** Role of a stack with its policies and permissions boundary. */
export interface Identity {
  readonly name: string;
  readonly arn: string;
  readonly identity: readonly PolicyStatement[];
  readonly boundary: readonly PolicyStatement[] | undefined;
}

export const ACCOUNT = "123456789012";

/**
 * Actions of AWS managed policies in S3 and KMS. Other actions are not relevant here.
 *
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
const MANAGED: Readonly<Record<string, readonly string[]>> = {
  AmazonEBSCSIDriverPolicy: [],
  AmazonEC2ContainerRegistryPullOnly: [],
  AmazonEKSClusterPolicy: ["kms:DescribeKey"],
  AmazonEKSWorkerNodePolicy: [],
  AmazonEKS_CNI_Policy: [],
  AmazonRDSEnhancedMonitoringRole: [],
  AmazonSSMManagedInstanceCore: [],
  CloudWatchAgentServerPolicy: [],
  ReadOnlyAccess: ["kms:Describe*", "kms:Get*", "kms:List*", "s3:Get*", "s3:List*"],
};

/** All roles of a stack. Permissions boundaries are policies of the bootstrap stack. */
export function identitiesIn(stack: Synthesized, bootstrap: Synthesized): Identity[] {
  const resolve = new References(stack);
  return stack.resources("aws_iam_role").map((role) => {
    const reference = `\${aws_iam_role.${role.id}.name}`;
    const inline = stack.resources("aws_iam_role_policy").filter((policy) => policy.role === reference);
    const attached = stack
      .resources("aws_iam_role_policy_attachment")
      .filter((attachment) => attachment.role === reference);
    return {
      name: String(role.name),
      arn: `arn:aws:iam::${ACCOUNT}:role${String(role.path ?? "/")}${String(role.name)}`,
      identity: [
        ...inline.flatMap(({ policy }) => resolve.statements(policy)),
        ...attached.map(({ policy_arn }) => managed(String(policy_arn))),
      ],
      boundary: boundaryOf(role, bootstrap),
    };
  });
}

/** Statements of a resource-based policy (of a bucket or key) that apply to a role. */
export function statementsAbout(identity: Identity, stack: Synthesized, policy: unknown): PolicyStatement[] {
  return new References(stack)
    .statements(policy)
    .filter(({ principals }) => concerns(principals, identity.arn));
}

/** All policies that apply when a role accesses a resource with a resource-based policy. */
export function policiesFor(identity: Identity, resource: readonly PolicyStatement[]): Policies {
  return { identity: identity.identity, boundary: identity.boundary, resource };
}

/** ARN of a resource of the stack in the test account. */
export function arnOf(stack: Synthesized, type: string, id: string): string {
  return new References(stack).text(`\${${type}.${id}.arn}`);
}

function managed(arn: string): PolicyStatement {
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  const actions = MANAGED[name];
  if (actions === undefined)
    throw new Error(`Unknown managed policy ${name}. Add its S3 and KMS actions to MANAGED.`);
  return { actions, resources: ["*"] };
}

function boundaryOf(role: Block, bootstrap: Synthesized): PolicyStatement[] | undefined {
  const { permissions_boundary: arn } = role;
  if (typeof arn !== "string") return undefined;
  const policies = bootstrap.resources("aws_iam_policy");
  const found = policies.find(({ path, name }) => arn.endsWith(`:policy${String(path)}${String(name)}`));
  if (!found) throw new Error(`The bootstrap stack has no permissions boundary ${arn}.`);
  return new References(bootstrap).statements(found.policy);
}

/** Returns true if a principal includes a role. The account as principal only delegates to identity-based policies. */
function concerns(principals: PolicyStatement["principals"], roleArn: string): boolean {
  if (principals === "*") return true;
  return [principals?.AWS ?? []].flat().some((arn) => arn === "*" || arn === roleArn);
}

/** Replaces references to values that AWS returns with deterministic values of the same format. */
class References {
  private readonly stack: Synthesized;

  constructor(stack: Synthesized) {
    this.stack = stack;
  }

  statements(policy: unknown): PolicyStatement[] {
    return statementsOf(policy).map((statement) => this.statement(statement));
  }

  text(text: string): string {
    return text.replaceAll(/\$\{([^}]*)\}/g, (_all, reference: string) => this.valueOf(reference));
  }

  private statement(from: SynthesizedStatement): PolicyStatement {
    const text = this.text(JSON.stringify(from));
    const { Effect, Principal, Action, NotAction, Resource, NotResource, Condition } = JSON.parse(text);
    return {
      effect: Effect,
      principals: Principal,
      actions: Action,
      notActions: NotAction,
      resources: Resource,
      notResources: NotResource,
      conditions: Condition,
    };
  }

  private valueOf(reference: string): string {
    const [kind = "", id = "", attribute = ""] = reference.split(".");
    if (kind === "data") return reference.endsWith(".partition") ? "aws" : ACCOUNT;
    if (attribute !== "arn") return reference;
    if (kind === "aws_s3_bucket") return `arn:aws:s3:::${this.bucketName(id)}`;
    return `arn:aws:${kind.replace("aws_", "")}:region:${ACCOUNT}:${id}`;
  }

  private bucketName(id: string): string {
    const [bucket] = this.stack.resources("aws_s3_bucket").filter((found) => found.id === id);
    return this.text(String(bucket?.bucket));
  }
}
