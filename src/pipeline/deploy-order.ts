import { z } from "zod";
import { findEnvironment } from "../config/find-environment.js";
import { type NamedEnvironment, namesOf } from "../config/names.js";
import { cloudWorkspaceOf, type SynthesizedStack } from "../terraform/synthesized-stacks.js";
import { UserError } from "../user-error.js";

const RemoteStates = z.object({
  data: z
    .object({
      terraform_remote_state: z
        .record(z.string(), z.object({ config: z.object({ workspaces: z.object({ name: z.string() }) }) }))
        .default({}),
    })
    .default({ terraform_remote_state: {} }),
});

/**
 * Returns the stacks of one environment, each after the stacks whose outputs it reads.
 *
 * @param environmentId such as `prod`
 * @throws UserError when the environment does not exist, or when stacks read each other's outputs
 */
export function deployOrder(
  environmentId: string,
  environments: readonly NamedEnvironment[],
  stacks: ReadonlyMap<string, SynthesizedStack>,
): string[] {
  const wanted = namesOf(findEnvironment(environments, environmentId));
  const all = environments.map((environment) => namesOf(environment));
  const own = [...stacks.values()].filter(
    ({ name }) => ownerOf(name, all)?.environmentId === wanted.environmentId,
  );
  if (own.length === 0) {
    throw new UserError(`cdktf.out has no stack of ${environmentId}.`, {
      hint: "Run npm run synth again.",
    });
  }
  return inOrder(own);
}

/** Returns the environment of a stack: the longest matching name, because `prod-eu-central-1` starts with `prod`. */
function ownerOf<T extends { readonly name: string }>(stack: string, names: readonly T[]): T | undefined {
  return names
    .filter(({ name }) => stack === name || stack.startsWith(`${name}-`))
    .sort((one, other) => other.name.length - one.name.length)[0];
}

function inOrder(stacks: readonly SynthesizedStack[]): string[] {
  const byWorkspace = new Map(stacks.map((stack) => [cloudWorkspaceOf(stack).workspace, stack.name]));
  const waiting = new Map(
    [...stacks]
      .sort((one, other) => one.name.localeCompare(other.name))
      .map((stack) => [stack.name, readBy(stack).flatMap((workspace) => byWorkspace.get(workspace) ?? [])]),
  );
  const order: string[] = [];
  while (waiting.size > 0) {
    const next = [...waiting].find(([, needs]) => needs.every((need) => order.includes(need)));
    if (next === undefined) {
      throw new UserError(`These stacks read each other's outputs: ${[...waiting.keys()].join(", ")}.`, {
        hint: "Remove one of the reads in src/stacks.",
      });
    }
    order.push(next[0]);
    waiting.delete(next[0]);
  }
  return order;
}

/** Returns the workspaces whose outputs a stack reads. */
function readBy({ configuration }: SynthesizedStack): string[] {
  const { data } = RemoteStates.parse(configuration);
  return Object.values(data.terraform_remote_state).map(({ config }) => config.workspaces.name);
}
