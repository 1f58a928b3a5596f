import { describe, expect, it } from "vitest";
import { namesOf } from "../config/names.js";
import { DestroyProblem, destroySteps, runSteps } from "./steps.js";

const STEPS = destroySteps(namesOf({ name: "dev", region: "eu-west-1" }));
const commands = STEPS.map(({ program, args }) => [program, ...args].join(" "));

const position = (pattern: RegExp) => {
  const found = commands.findIndex((command) => pattern.test(command));
  if (found < 0) throw new Error(`no step matches ${pattern}`);
  return found;
};

describe("destroying an environment", () => {
  it("stops Flux before it removes what Flux would bring back", () => {
    expect(position(/scale .*kustomize-controller/)).toBeLessThan(position(/delete prometheuses/));
    expect(commands[0]).not.toContain("flux-operator");
  });

  it("stops the controller that would wait for, or make, a load balancer, and deletes no Ingress", () => {
    expect(position(/scale deployment aws-load-balancer-controller --replicas=0/)).toBeLessThan(
      position(/cdktf destroy/),
    );
    expect(commands.filter((command) => command.includes("ingress"))).toEqual([]);
  });

  it("removes disks while the driver that made them still runs", () => {
    const gitops = position(/cdktf destroy notejam-dev-gitops/);
    expect(position(/delete prometheuses.*statefulsets/)).toBeLessThan(
      position(/delete persistentvolumeclaim/),
    );
    expect(position(/delete persistentvolumeclaim/)).toBeLessThan(gitops);
  });

  it("destroys Flux before the cluster that it runs in", () => {
    expect(commands.slice(-2)).toEqual([
      "cdktf destroy notejam-dev-gitops --auto-approve",
      "cdktf destroy notejam-dev --auto-approve",
    ]);
  });

  it("speaks to that environment's cluster only", () => {
    const kubectl = commands.filter((command) => command.startsWith("kubectl"));
    expect(kubectl.filter((command) => !command.endsWith("--context=notejam-dev"))).toEqual([]);
  });

  it("stops at the first step that fails, and says which it was", async () => {
    const ran: string[] = [];
    const run = async (program: string, args: readonly string[]) => {
      ran.push([program, ...args].join(" "));
      if (args.includes("aws-load-balancer-controller")) throw new Error("timed out");
    };
    const failure = runSteps(STEPS, { run, say: () => undefined });
    await expect(failure).rejects.toThrow(DestroyProblem);
    await expect(failure).rejects.toThrow(
      /This step failed: kubectl scale deployment aws-load-balancer-controller/,
    );
    expect(ran).toEqual(commands.slice(0, 2));
  });

  it("says in a line that a program is missing", async () => {
    const run = () => Promise.reject(Object.assign(new Error("spawn kubectl ENOENT"), { code: "ENOENT" }));
    await expect(runSteps(STEPS, { run, say: () => undefined })).rejects.toThrow(/^kubectl is not installed/);
  });
});
