import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { TerraformStack, Testing } from "cdktf";

/** One `resource` or `data` block of the synthesized JSON, with its logical id. */
export type Block = { readonly id: string } & Readonly<Record<string, unknown>>;

type BlocksByType = Record<string, Record<string, Record<string, unknown>> | undefined>;

/** What a stack synthesized to, with the questions that tests ask of it. */
export class Synthesized {
  readonly json: { resource?: BlocksByType; data?: BlocksByType } & Record<string, unknown>;

  constructor(text: string) {
    this.json = JSON.parse(text);
  }

  /** All resources of a type (`aws_subnet`), in the order of their logical ids. */
  resources(type: string): Block[] {
    return blocks(this.json.resource, type);
  }

  /** All data sources of a type. */
  data(type: string): Block[] {
    return blocks(this.json.data, type);
  }

  /** The resource types in use, sorted. */
  types(): string[] {
    return Object.keys(this.json.resource ?? {}).sort();
  }

  count(type: string): number {
    return this.resources(type).length;
  }

  /**
   * The only resource of a type, or the only one whose logical id matches.
   *
   * @throws Error that lists what there is, when it is not exactly one
   */
  one(type: string, id: RegExp = /(?:)/): Block {
    const found = this.resources(type).filter((block) => id.test(block.id));
    const [only] = found;
    if (!only || found.length > 1) {
      const all = this.resources(type).map((block) => block.id);
      throw new Error(
        `expected one ${type} matching ${id}, found ${found.length} among: ${all.join(", ") || "none"}`,
      );
    }
    return only;
  }
}

function blocks(section: BlocksByType | undefined, type: string): Block[] {
  return Object.entries(section?.[type] ?? {})
    .map(([id, block]) => ({ id, ...block }))
    .sort((a, b) => a.id.localeCompare(b.id));
}

/** A statement of a policy in the synthesized JSON. */
export interface SynthesizedStatement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: unknown;
  readonly Action?: readonly string[];
  readonly NotAction?: readonly string[];
  readonly Resource?: readonly string[];
  readonly NotResource?: readonly string[];
  readonly Condition?: Record<string, Record<string, unknown>>;
}

/** The statements of a policy attribute, such as `role.assume_role_policy`. */
export function statementsOf(policy: unknown): SynthesizedStatement[] {
  if (typeof policy !== "string") throw new Error(`expected a policy as JSON text, got ${typeof policy}`);
  return JSON.parse(policy).Statement;
}

/** The providers that a module under test may be given. */
export interface TestProviders {
  readonly main: AwsProvider;
  readonly replica: AwsProvider;
}

/**
 * Synthesizes what `build` puts into an otherwise empty stack with a main and a replica AWS provider.
 *
 * @example
 * const stack = synthesize((scope) => new EncryptionKeys(scope, "kms", props));
 * expect(stack.count("aws_kms_key")).toBe(8);
 */
export function synthesize(build: (scope: TerraformStack, providers: TestProviders) => void): Synthesized {
  const stack = new TerraformStack(Testing.app(), "test");
  const main = new AwsProvider(stack, "aws", { region: "eu-west-1" });
  const replica = new AwsProvider(stack, "aws-dr", { region: "eu-central-1", alias: "dr" });
  build(stack, { main, replica });
  stack.prepareStack();
  return new Synthesized(Testing.synth(stack));
}
