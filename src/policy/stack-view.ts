import {
  DefaultTokenResolver,
  StringConcat,
  TerraformDataSource,
  TerraformProvider,
  TerraformResource,
  type TerraformStack,
  Tokenization,
} from "cdktf";
import type { IConstruct } from "constructs";

const RESOLVER = new DefaultTokenResolver(new StringConcat());

/** Arguments of a block by their Terraform names; tokens are not resolved. */
export type Arguments = Readonly<Record<string, unknown>>;

/** A resource, data source or provider. */
export class Block {
  readonly path: string;
  /** Terraform type, such as `aws_s3_bucket`; of a provider its name, such as `aws`. */
  readonly type: string;
  readonly construct: TerraformResource | TerraformDataSource | TerraformProvider;
  #arguments: Arguments | undefined;

  constructor(construct: TerraformResource | TerraformDataSource | TerraformProvider) {
    this.path = construct.node.path;
    this.type = construct.terraformResourceType;
    this.construct = construct;
  }

  /** Computed on first use, because most blocks are not checked by any rule. */
  get arguments(): Arguments {
    this.#arguments ??= argumentsOf(this.construct);
    return this.#arguments;
  }

  /** Provider that is set on the block; undefined for the default provider. */
  get provider(): TerraformProvider | undefined {
    return TerraformProvider.isTerraformProvider(this.construct) ? this.construct : this.construct.provider;
  }
}

/** The blocks of a stack, for rules. */
export class StackView {
  /** True for an environment with real users. */
  readonly production: boolean;
  /** Tags that every resource must have. */
  readonly requiredTags: readonly string[];
  readonly resources: readonly Block[];
  readonly providers: readonly Block[];
  readonly dataSources: readonly Block[];
  readonly #stack: TerraformStack;
  readonly #byType = new Map<string, Block[]>();

  constructor(
    stack: TerraformStack,
    constructs: Iterable<IConstruct>,
    options: { readonly production: boolean; readonly requiredTags: readonly string[] },
  ) {
    const all = [...constructs];
    this.#stack = stack;
    this.production = options.production;
    this.requiredTags = options.requiredTags;
    this.resources = all.filter(TerraformResource.isTerraformResource).map((resource) => new Block(resource));
    this.dataSources = all.filter(TerraformDataSource.isTerraformDataSource).map((data) => new Block(data));
    this.providers = all.filter(TerraformProvider.isTerraformProvider).map((provider) => new Block(provider));
    for (const resource of this.resources) {
      this.#byType.set(resource.type, [...(this.#byType.get(resource.type) ?? []), resource]);
    }
  }

  /** Returns the resources of the given types. */
  ofType(...types: readonly string[]): readonly Block[] {
    return types.flatMap((type) => this.#byType.get(type) ?? []);
  }

  /** Returns whether an argument refers to a resource of the stack. */
  refersTo(value: unknown, target: Block): boolean {
    return this.#resolved(value).includes(`${target.type}.${target.construct.friendlyUniqueId}.`);
  }

  /** Returns whether an argument names a bucket, by reference or by its literal name. */
  namesBucket(value: unknown, bucket: Block): boolean {
    return this.refersTo(value, bucket) || (value !== undefined && value === bucket.arguments.bucket);
  }

  #resolved(value: unknown): string {
    const resolved: unknown = Tokenization.resolve(value, {
      scope: this.#stack,
      resolver: RESOLVER,
      preparing: false,
    });
    return JSON.stringify(resolved) ?? "";
  }
}

/** Returns the nested blocks of a name; Terraform's JSON has one block or a list. */
export function nested(block: Arguments, name: string): readonly Arguments[] {
  const value = block[name];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter(isArguments);
}

/** Returns the strings of a list argument; empty if it is not a list. */
export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

/** Returns whether an argument is true or "true". */
export function isTrue(value: unknown): boolean {
  return value === true || value === "true";
}

export function isArguments(value: unknown): value is Arguments {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads `{ resource: { <type>: { <id>: arguments } } }`, also of a data source or provider. */
function argumentsOf(construct: TerraformResource | TerraformDataSource | TerraformProvider): Arguments {
  const json: unknown = construct.toTerraform();
  const section = isArguments(json) ? (json.resource ?? json.data ?? json.provider) : undefined;
  const ofType = isArguments(section) ? section[construct.terraformResourceType] : undefined;
  // Providers are a list, resources and data sources a map by id; both have one entry here.
  const [only] = typeof ofType === "object" && ofType !== null ? Object.values(ofType) : [];
  return isArguments(only) ? only : {};
}
