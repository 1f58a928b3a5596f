import { TerraformElement, type TerraformStack } from "cdktf";

/** An input that a stack declares. */
export interface DeclaredVariable {
  readonly name: string;
  readonly description: string;
  readonly sensitive: boolean;
  /** What Terraform takes when nobody sets it; undefined for an input that must be set. */
  readonly default: string | undefined;
}

/** What a stack needs of its workspace. */
export interface WorkspaceNeeds {
  /** The stack's name, which is its workspace's. */
  readonly stack: string;
  readonly variables: readonly DeclaredVariable[];
  /** Workspaces whose state it reads. */
  readonly readsStateOf: readonly string[];
}

/** The parts of an element's Terraform JSON that are looked at. */
interface ElementJson {
  readonly variable?: Readonly<Record<string, VariableJson>>;
  readonly data?: { readonly terraform_remote_state?: Readonly<Record<string, RemoteStateJson>> };
}

interface VariableJson {
  readonly description?: string;
  readonly sensitive?: boolean;
  readonly default?: string | number | boolean;
}

interface RemoteStateJson {
  readonly config: { readonly workspaces: { readonly name: string } };
}

/**
 * Reads from a stack itself what its workspace must give it, so that nobody states it a second time.
 *
 * Inputs and reads of other states stand directly in a stack: only there do inputs keep their plain names.
 */
export function needsOf(stack: TerraformStack): WorkspaceNeeds {
  const elements = stack.node.children
    .filter((child) => TerraformElement.isTerraformElement(child))
    .map((element): ElementJson => element.toTerraform());
  return {
    stack: stack.node.id,
    variables: elements.flatMap(({ variable }) =>
      Object.entries(variable ?? {}).map(([name, json]) => declared(name, json)),
    ),
    readsStateOf: elements.flatMap(({ data }) =>
      Object.values(data?.terraform_remote_state ?? {}).map(({ config }) => config.workspaces.name),
    ),
  };
}

function declared(name: string, json: VariableJson): DeclaredVariable {
  return {
    name,
    description: json.description ?? "",
    sensitive: json.sensitive ?? false,
    default: json.default === undefined ? undefined : String(json.default),
  };
}
