import { z } from "zod";
import { type NamedEnvironment, namesOf } from "../config/names.js";
import { cloudWorkspaceOf, type SynthesizedStack } from "../terraform/synthesized-stacks.js";
import { PipelineProblem } from "./problem.js";

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
 * The stacks of one environment, each after those whose outputs it reads.
 *
 * @param instance name of the environment's running copy, such as `prod`
 * @throws PipelineProblem when there is no such environment, or when stacks wait for each other
 */
export function deployOrder(
  instance: string,
  environments: readonly NamedEnvironment[],
  stacks: ReadonlyMap<string, SynthesizedStack>,
): string[] {
  const bases = environments.map((environment) => namesOf(environment));
  const wanted = bases.find((names) => names.instance === instance);
  if (wanted === undefined) {
    const known = bases.map((names) => names.instance).join(", ");
    throw new PipelineProblem(
      `There is no environment ${JSON.stringify(instance)}.`,
      `Choose from: ${known}.`,
    );
  }
  const own = [...stacks.values()].filter(({ name }) => ownerOf(name, bases)?.instance === wanted.instance);
  if (own.length === 0) {
    throw new PipelineProblem(
      `The synthesized output has no stack of ${instance}.`,
      "Run `npm run synth` again.",
    );
  }
  return inOrder(own);
}

/** `prod-eu-central-1` begins like `prod`: a stack belongs to the longest name that fits. */
function ownerOf<T extends { readonly name: string }>(stack: string, bases: readonly T[]): T | undefined {
  return bases
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
      throw new PipelineProblem(
        `These stacks read each other's outputs, so none can be first: ${[...waiting.keys()].join(", ")}.`,
        "Remove one of the reads in src/stacks.",
      );
    }
    order.push(next[0]);
    waiting.delete(next[0]);
  }
  return order;
}

/** The workspaces whose outputs a stack reads. */
function readBy({ configuration }: SynthesizedStack): string[] {
  const { data } = RemoteStates.parse(configuration);
  return Object.values(data.terraform_remote_state).map(({ config }) => config.workspaces.name);
}
