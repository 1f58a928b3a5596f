import type { Names } from "../config/names.js";

/** One step, which is also what a person would type. */
export interface DestroyStep {
  readonly what: string;
  readonly program: "kubectl" | "cdktf";
  readonly args: readonly string[];
}

/** How steps are run. */
export interface Runner {
  /** Runs a program to its end, with the terminal. */
  readonly run: (program: string, args: readonly string[]) => Promise<unknown>;
  readonly say: (line: string) => void;
}

/** Something that a person has to put right first; its message is all they need. */
export class DestroyProblem extends Error {}

const KUBECTL_TIMEOUT = "--timeout=10m";

/**
 * What destroys an environment, in an order in which nothing waits for what is gone already.
 *
 * Controllers outside Terraform's sight made target groups (for Ingresses) and disks (for claims). They take them away
 * only while they run; so Flux is stopped first, which would bring everything back (its operator looks once an hour and
 * would start it again), then what they made is deleted, then Flux, by its operator, which removes all of Flux's
 * finalizers, so that no namespace hangs; and at last the cluster.
 */
export function destroySteps(
  names: Pick<Names, "instance" | "clusterName" | "gitopsStack" | "platformStack">,
): DestroyStep[] {
  const kubectl = (what: string, ...args: readonly string[]): DestroyStep => ({
    what,
    program: "kubectl",
    args: [...args, `--context=${names.clusterName}`],
  });
  const cdktf = (what: string, stack: string): DestroyStep => ({
    what,
    program: "cdktf",
    args: ["destroy", stack, "--auto-approve"],
  });
  const inFlux = "--namespace=flux-system";
  const everywhere = "--all-namespaces";
  return [
    kubectl(
      "Stop Flux, so that it brings nothing back",
      "scale",
      "deployment",
      "kustomize-controller",
      "helm-controller",
      "--replicas=0",
      inFlux,
    ),
    kubectl(
      "Remove the Ingresses: the load balancer's controller takes its rules and target groups away",
      "delete",
      "ingress",
      "--all",
      everywhere,
      "--wait",
      KUBECTL_TIMEOUT,
    ),
    kubectl(
      "Stop what holds disks, first what an operator would start again",
      "delete",
      "prometheuses.monitoring.coreos.com,alertmanagers.monitoring.coreos.com,statefulsets.apps",
      "--all",
      "--namespace=monitoring",
      "--wait",
      KUBECTL_TIMEOUT,
    ),
    kubectl(
      "Remove the claims: the storage driver deletes the disks",
      "delete",
      "persistentvolumeclaim",
      "--all",
      "--namespace=monitoring",
      "--wait",
      KUBECTL_TIMEOUT,
    ),
    cdktf("Destroy Flux and the operations repository", names.gitopsStack),
    cdktf("Destroy everything in AWS", names.platformStack),
  ];
}

/** Runs the steps one after the other, and stops at the first that fails: each can be run again. */
export async function runSteps(steps: readonly DestroyStep[], { run, say }: Runner): Promise<void> {
  for (const [index, { what, program, args }] of steps.entries()) {
    say(`${index + 1}/${steps.length} ${what}`);
    try {
      await run(program, args);
    } catch (error) {
      throw new DestroyProblem(failure(program, args, error));
    }
  }
}

function failure(program: string, args: readonly string[], error: unknown): string {
  const command = `${program} ${args.join(" ")}`;
  if (isMissing(error)) return `${program} is not installed; the step was: ${command}`;
  return `This step failed: ${command}\nPut right what it says above, and start again: what is done already is passed over.`;
}

function isMissing(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT";
}
