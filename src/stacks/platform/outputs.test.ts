import { TerraformOutput, TerraformStack, Testing } from "cdktf";
import { beforeAll, describe, expect, it } from "vitest";
import { repositoryConfiguration, stackNamed, synthesizeApp } from "../../../test/synthesized-app.js";
import { Synthesized } from "../../../test/synthesized-constructs.js";
import { readPlatformOutputs } from "./outputs.js";

interface OutputBlock {
  readonly value: unknown;
  readonly description?: string;
  readonly sensitive?: boolean;
}

describe("outputs of the platform stack", () => {
  let outputs: Record<string, OutputBlock>;
  let gitops: string;
  let reader: Synthesized;

  beforeAll(async () => {
    const stacks = synthesizeApp(await repositoryConfiguration());
    outputs = Object(stackNamed(stacks, "notejam-prod").json.output);
    gitops = JSON.stringify(stackNamed(stacks, "notejam-prod-gitops").json);
    const stack = new TerraformStack(Testing.app(), "reader");
    const read = readPlatformOutputs(stack, "platform", {
      hostname: "app.terraform.io",
      organization: "example-notes",
      workspace: "notejam-prod",
    });
    for (const [name, value] of Object.entries(read)) {
      new TerraformOutput(stack, name, { value, staticId: true });
    }
    reader = new Synthesized(Testing.synth(stack));
  });

  it("are strings and lists of strings, each with a description", () => {
    for (const [name, { value, description }] of Object.entries(outputs)) {
      const texts = Array.isArray(value) ? value : [value];
      expect(
        texts.every((text) => typeof text === "string" && text !== ""),
        name,
      ).toBe(true);
      expect(description, name).toMatch(/\w+/);
    }
  });

  it("contain no secret: no sensitive value and no ephemeral variable", () => {
    expect(Object.keys(outputs).length).toBeGreaterThan(30);
    for (const [name, { value, sensitive }] of Object.entries(outputs)) {
      expect(sensitive, name).toBeUndefined();
      expect(JSON.stringify(value), name).not.toMatch(/var\.db_(user|pass)/);
    }
  });

  it("are all read by the GitOps stack", () => {
    const read = [...gitops.matchAll(/terraform_remote_state\.platform\.outputs\.(\w+)/g)].map(
      ([, name]) => name,
    );
    expect(Object.keys(outputs).sort()).toEqual([...new Set(read)].sort());
  });

  it("are read under their own names, from the platform's workspace", () => {
    const read: Record<string, OutputBlock> = Object(reader.json.output);
    expect(Object.keys(read).sort()).toEqual(Object.keys(outputs).sort());
    for (const [name, { value }] of Object.entries(read)) {
      expect(String(value), name).toContain(`data.terraform_remote_state.platform.outputs.${name}`);
    }
    expect(reader.data("terraform_remote_state")).toMatchObject([
      {
        backend: "remote",
        config: {
          hostname: "app.terraform.io",
          organization: "example-notes",
          workspaces: { name: "notejam-prod" },
        },
      },
    ]);
  });
});
