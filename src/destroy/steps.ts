import type { Names } from "../config/names.js";
import { UserError } from "../user-error.js";

/** One command of the destruction of an environment. */
export interface DestroyStep {
  /** Purpose of the command: an imperative. */
  readonly summary: string;
  readonly program: "kubectl" | "cdktf";
  readonly args: readonly string[];
}

/** Runs the commands of the steps. */
export interface StepRunner {
  /** Runs a program on the terminal until it exits. Rejects when it fails. */
  readonly run: (program: string, args: readonly string[]) => Promise<unknown>;
  /** Prints progress. */
  readonly print: (line: string) => void;
}

const KUBECTL_TIMEOUT = "--timeout=10m";

/**
 * Returns the commands that destroy an environment, in an order in which no command waits for a resource or controller
 * that is already gone.
 *
 * - Flux is scaled to zero first, because it would recreate everything. Its operator reconciles once an hour and would
 *   scale it up again.
 * - Terraform owns the load balancer, so its controller must not delete it. A deleted Ingress would wait forever for
 *   the controller. Therefore the controller stops, and the Ingresses are deleted with the cluster. Their target groups
 *   remain in AWS; they block nothing, and the runbook describes how to remove them.
 * - The EBS CSI driver deletes the volumes while it still runs.
 * - The Flux operator removes Flux and all finalizers of Flux, so that no namespace hangs.
 * - The cluster is destroyed last.
 */
export function destroySteps(
  names: Pick<Names, "environmentId" | "clusterName" | "gitopsStack" | "platformStack">,
): DestroyStep[] {
  const kubectl = (summary: string, ...args: readonly string[]): DestroyStep => ({
    summary,
    program: "kubectl",
    args: [...args, `--context=${names.clusterName}`],
  });
  const cdktf = (summary: string, stack: string): DestroyStep => ({
    summary,
    program: "cdktf",
    args: ["destroy", stack, "--auto-approve"],
  });
  const inFlux = "--namespace=flux-system";
  return [
    kubectl(
      "Stop Flux, so that it recreates nothing",
      "scale",
      "deployment",
      "kustomize-controller",
      "helm-controller",
      "--replicas=0",
      inFlux,
    ),
    kubectl(
      "Stop the AWS Load Balancer Controller, so that it creates nothing in the VPC",
      "scale",
      "deployment",
      "aws-load-balancer-controller",
      "--replicas=0",
      "--namespace=kube-system",
    ),
    kubectl(
      "Delete the workloads that use volumes; the custom resources first, because their operator recreates workloads",
      "delete",
      "prometheuses.monitoring.coreos.com,alertmanagers.monitoring.coreos.com,statefulsets.apps",
      "--all",
      "--namespace=monitoring",
      "--wait",
      KUBECTL_TIMEOUT,
    ),
    kubectl(
      "Delete the persistent volume claims; the EBS CSI driver deletes the volumes",
      "delete",
      "persistentvolumeclaim",
      "--all",
      "--namespace=monitoring",
      "--wait",
      KUBECTL_TIMEOUT,
    ),
    cdktf("Destroy Flux and the operations repository", names.gitopsStack),
    cdktf("Destroy all AWS resources", names.platformStack),
  ];
}

/**
 * Runs the steps one after the other. Each step can be run again.
 *
 * @throws UserError at the first step that fails
 */
export async function runSteps(steps: readonly DestroyStep[], { run, print }: StepRunner): Promise<void> {
  for (const [index, { summary, program, args }] of steps.entries()) {
    print(`${index + 1}/${steps.length} ${summary}`);
    try {
      await run(program, args);
    } catch (error) {
      throw stepError(program, args, error);
    }
  }
}

function stepError(program: string, args: readonly string[], cause: unknown): UserError {
  const command = `${program} ${args.join(" ")}`;
  if (isMissing(cause)) {
    return new UserError(`${program} is not installed.`, { hint: `The step was: ${command}`, cause });
  }
  return new UserError(`This step failed: ${command}.`, {
    hint: "Correct the error above and run the same command again. Completed steps can be repeated.",
    cause,
  });
}

function isMissing(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT";
}
