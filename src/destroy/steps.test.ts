import { describe, expect, it } from "vitest";
import { namesOf } from "../config/names.js";
import { UserError } from "../user-error.js";
import { destroySteps, runSteps } from "./steps.js";

const STEPS = destroySteps(namesOf({ name: "dev", region: "eu-west-1" }));
const commands = STEPS.map(({ program, args }) => [program, ...args].join(" "));

const position = (pattern: RegExp) => {
  const found = commands.findIndex((command) => pattern.test(command));
  if (found < 0) throw new Error(`no step matches ${pattern}`);
  return found;
};

describe("the steps that destroy an environment", () => {
  it("stop Flux before they delete what Flux would recreate", () => {
    expect(position(/scale .*kustomize-controller/)).toBeLessThan(position(/delete prometheuses/));
    expect(commands[0]).not.toContain("flux-operator");
  });

  it("stop the load balancer controller and delete no Ingress", () => {
    expect(position(/scale deployment aws-load-balancer-controller --replicas=0/)).toBeLessThan(
      position(/cdktf destroy/),
    );
    expect(commands.filter((command) => command.includes("ingress"))).toEqual([]);
  });

  it("delete volumes while the EBS CSI driver still runs", () => {
    const gitops = position(/cdktf destroy notejam-dev-gitops/);
    expect(position(/delete prometheuses.*statefulsets/)).toBeLessThan(
      position(/delete persistentvolumeclaim/),
    );
    expect(position(/delete persistentvolumeclaim/)).toBeLessThan(gitops);
  });

  it("destroy Flux before the cluster", () => {
    expect(commands.slice(-2)).toEqual([
      "cdktf destroy notejam-dev-gitops --auto-approve",
      "cdktf destroy notejam-dev --auto-approve",
    ]);
  });

  it("use only the kubectl context of that environment", () => {
    const kubectl = commands.filter((command) => command.startsWith("kubectl"));
    expect(kubectl.filter((command) => !command.endsWith("--context=notejam-dev"))).toEqual([]);
  });

  it("stop at the first step that fails, and name it", async () => {
    const ran: string[] = [];
    const run = async (program: string, args: readonly string[]) => {
      ran.push([program, ...args].join(" "));
      if (args.includes("aws-load-balancer-controller")) throw new Error("timed out");
    };
    const failure = runSteps(STEPS, { run, print: () => undefined });
    await expect(failure).rejects.toThrow(UserError);
    await expect(failure).rejects.toThrow(
      /This step failed: kubectl scale deployment aws-load-balancer-controller/,
    );
    expect(ran).toEqual(commands.slice(0, 2));
  });

  it("report a missing program in one line", async () => {
    const run = () => Promise.reject(Object.assign(new Error("spawn kubectl ENOENT"), { code: "ENOENT" }));
    await expect(runSteps(STEPS, { run, print: () => undefined })).rejects.toThrow(
      /^kubectl is not installed/,
    );
  });
});
