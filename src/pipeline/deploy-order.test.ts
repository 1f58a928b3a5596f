import { describe, expect, it } from "vitest";
import { devAndProd, synthesizeApp, TODAY } from "../../test/synthesized-app.js";
import { createStandby } from "../config/environment.js";
import { validateEnvironment } from "../config/validate.js";
import type { SynthesizedStack } from "../terraform/synthesized-stacks.js";
import { deployOrder } from "./deploy-order.js";

async function realStacks() {
  const { organization, environments } = await devAndProd();
  const prod = environments.find(({ name }) => name === "prod");
  if (prod === undefined) throw new Error("there is no prod");
  const copy = createStandby(prod, "eu-central-1", { drRegion: "eu-west-1", vpcCidr: "10.40.0.0/16" });
  const checked = validateEnvironment(copy, TODAY);
  if (!("value" in checked)) throw new Error("the standby is not valid");
  const all = [...environments, checked.value];
  const synthesized = synthesizeApp({ organization, environments: all });
  const stacks = new Map(
    [...synthesized].map(([name, { json: configuration }]) => [name, { name, folder: "", configuration }]),
  );
  return { environments: all, stacks };
}

function stack(name: string, reads: readonly string[] = []): [string, SynthesizedStack] {
  const states = reads.map((workspace, index) => [
    String(index),
    { config: { workspaces: { name: workspace } } },
  ]);
  const configuration = {
    terraform: { cloud: { organization: "example", workspaces: { name } } },
    data: { terraform_remote_state: Object.fromEntries(states) },
  };
  return [name, { name, folder: "", configuration }];
}

const DEV = [{ name: "dev", region: "eu-west-1" }];

describe("the deployment order of an environment", () => {
  it("lists the platform before the stacks that read its outputs, without the DR replica", async () => {
    const { environments, stacks } = await realStacks();
    expect(deployOrder("dev", environments, stacks)).toEqual(["notejam-dev", "notejam-dev-gitops"]);
    expect(deployOrder("prod", environments, stacks)).toEqual(["notejam-prod", "notejam-prod-gitops"]);
    expect(deployOrder("prod-eu-central-1", environments, stacks)).toEqual([
      "notejam-prod-eu-central-1",
      "notejam-prod-eu-central-1-gitops",
    ]);
  });

  it("depends on the outputs that are read, not on names", () => {
    const stacks = new Map([
      stack("notejam-dev", ["notejam-dev-network", "notejam-bootstrap"]),
      stack("notejam-dev-apps", ["notejam-dev"]),
      stack("notejam-dev-network"),
      stack("notejam-bootstrap"),
    ]);
    expect(deployOrder("dev", DEV, stacks)).toEqual([
      "notejam-dev-network",
      "notejam-dev",
      "notejam-dev-apps",
    ]);
  });

  it("rejects stacks that read each other's outputs", () => {
    const stacks = new Map([
      stack("notejam-dev", ["notejam-dev-x"]),
      stack("notejam-dev-x", ["notejam-dev"]),
    ]);
    expect(() => deployOrder("dev", DEV, stacks)).toThrow(
      /read each other's outputs: notejam-dev, notejam-dev-x/,
    );
  });

  it("rejects an environment that does not exist, or was not synthesized", () => {
    expect(() => deployOrder("stage", DEV, new Map())).toThrow(/no environment "stage"\. Choose from: dev\./);
    expect(() => deployOrder("dev", DEV, new Map())).toThrow(/has no stack of dev.*npm run synth/);
  });
});
