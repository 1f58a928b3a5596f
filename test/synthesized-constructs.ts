import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { TerraformStack, Testing } from "cdktf";

/** `resource` or `data` block of the synthesized JSON, with its logical id. */
export type Block = { readonly id: string } & Readonly<Record<string, unknown>>;

type BlocksByType = Record<string, Record<string, Record<string, unknown>> | undefined>;

/** Synthesized JSON of a stack, with queries for tests. */
export class Synthesized {
  readonly json: { resource?: BlocksByType; data?: BlocksByType } & Record<string, unknown>;

  constructor(text: string) {
    this.json = JSON.parse(text);
  }

  /** All resources of a type, such as `aws_subnet`, in the order of their logical ids. */
  resources(type: string): Block[] {
    return blocks(this.json.resource, type);
  }

  /** All data sources of a type. */
  data(type: string): Block[] {
    return blocks(this.json.data, type);
  }

  /** Types of all resources, sorted. */
  types(): string[] {
    return Object.keys(this.json.resource ?? {}).sort();
  }

  count(type: string): number {
    return this.resources(type).length;
  }

  /**
   * Returns the only resource of a type, or the only one whose logical id matches.
   *
   * @throws Error with a list of the candidates unless exactly one matches
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

/** Policy statement in the synthesized JSON. */
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

/** Statements of a policy attribute, such as `role.assume_role_policy`. */
export function statementsOf(policy: unknown): SynthesizedStatement[] {
  if (typeof policy !== "string") throw new Error(`expected a policy as JSON text, got ${typeof policy}`);
  return JSON.parse(policy).Statement;
}

/** Providers for modules under test. */
export interface TestProviders {
  readonly main: AwsProvider;
  readonly replica: AwsProvider;
}

/**
 * Synthesizes a stack with two AWS providers (main and replica) and the constructs that `build` creates.
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
