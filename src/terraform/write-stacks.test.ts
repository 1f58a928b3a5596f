import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, TerraformOutput, TerraformStack } from "cdktf";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { enforcePolicy } from "../policy/policy.js";
import { synthesizeInto } from "./write-stacks.js";

let folder: string;
let output: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "notejam-synthesize-"));
  output = join(folder, "cdktf.out");
});

afterEach(() => rm(folder, { recursive: true }));

function stack(app: App, name: string, value = "first"): TerraformStack {
  const made = new TerraformStack(app, name);
  new TerraformOutput(made, "said", { value, staticId: true });
  return made;
}

/** Stack with a policy violation: an exemption that no resource needs. */
function invalidStack(app: App): void {
  enforcePolicy(stack(app, "invalid"), {
    production: true,
    requiredTags: [],
    exceptions: [{ path: "nowhere", rule: "customer-managed-key", because: "a test needs a violation" }],
  });
}

const saidBy = async (name: string) =>
  JSON.parse(await readFile(join(output, "stacks", name, "cdk.tf.json"), "utf8")).output.said.value;

describe("synthesizeInto", () => {
  it("writes the stacks and nothing else", async () => {
    await synthesizeInto(output, (app) => {
      stack(app, "one");
      stack(app, "two");
    });
    expect(await saidBy("one")).toBe("first");
    expect(await saidBy("two")).toBe("first");
    expect(await readdir(folder)).toEqual(["cdktf.out"]);
  });

  it("keeps other files in a stack's folder", async () => {
    await synthesizeInto(output, (app) => void stack(app, "one"));
    await writeFile(join(output, "stacks", "one", "override.tf.json"), "{}");
    await mkdir(join(output, "stacks", "one", ".terraform"));
    await synthesizeInto(output, (app) => void stack(app, "one", "second"));
    expect((await readdir(join(output, "stacks", "one"))).sort()).toEqual([
      ".terraform",
      "cdk.tf.json",
      "override.tf.json",
    ]);
    expect(await saidBy("one")).toBe("second");
  });

  it("changes no stack if one of them is invalid", async () => {
    await synthesizeInto(output, (app) => void stack(app, "one"));
    const again = synthesizeInto(output, (app) => {
      stack(app, "one", "second");
      invalidStack(app);
    });
    await expect(again).rejects.toThrow(/stack invalid violates the policy/);
    expect(await saidBy("one")).toBe("first");
    expect(await readdir(join(output, "stacks"))).toEqual(["one"]);
    expect(await readdir(folder)).toEqual(["cdktf.out"]);
  });

  it("writes nothing if the first run fails", async () => {
    await expect(synthesizeInto(output, invalidStack)).rejects.toThrow(/violates the policy/);
    expect(await readdir(folder)).toEqual([]);
  });
});
