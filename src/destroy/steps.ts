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
 * Flux is stopped first, which would bring everything back (its operator looks once an hour and would start it again).
 * The load balancer is Terraform's, and its controller may not delete it: an Ingress that was deleted would wait for
 * that for ever, so the controller stops and the Ingresses go with the cluster. Its target groups stay in AWS; they hold
 * nothing up, and the runbook says how to remove them. Disks are deleted by the driver that made them, while it runs. Then
 * comes Flux, by its operator, which removes all of Flux's finalizers, so that no namespace hangs; and at last the cluster.
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
      "Stop the load balancer's controller, so that it makes no other in the network that goes",
      "scale",
      "deployment",
      "aws-load-balancer-controller",
      "--replicas=0",
      "--namespace=kube-system",
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
