import { TerraformElement, type TerraformStack } from "cdktf";

/** Input variable of a stack. */
export interface DeclaredVariable {
  readonly name: string;
  readonly description: string;
  readonly sensitive: boolean;
  /** Default value; undefined for a required variable. */
  readonly default: string | undefined;
}

/** Requirements of a stack on its workspace. */
export interface WorkspaceRequirements {
  /** Name of the stack and of its workspace. */
  readonly stack: string;
  readonly variables: readonly DeclaredVariable[];
  /** Workspaces whose state the stack reads. */
  readonly readsStateOf: readonly string[];
}

/** Variables and remote states in the Terraform JSON of an element. */
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
 * Reads the requirements from the stack itself.
 *
 * Finds variables and remote states that are direct children of the stack: only there do variables keep their names.
 */
export function workspaceRequirements(stack: TerraformStack): WorkspaceRequirements {
  const elements = stack.node.children
    .filter((child) => TerraformElement.isTerraformElement(child))
    .map((element): ElementJson => element.toTerraform());
  return {
    stack: stack.node.id,
    variables: elements.flatMap(({ variable }) =>
      Object.entries(variable ?? {}).map(([name, json]) => declaredVariable(name, json)),
    ),
    readsStateOf: elements.flatMap(({ data }) =>
      Object.values(data?.terraform_remote_state ?? {}).map(({ config }) => config.workspaces.name),
    ),
  };
}

function declaredVariable(name: string, json: VariableJson): DeclaredVariable {
  return {
    name,
    description: json.description ?? "",
    sensitive: json.sensitive ?? false,
    default: json.default === undefined ? undefined : String(json.default),
  };
}
