import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cliConfigFor, findProviderMirror } from "../src/terraform/provider-mirror.js";
import { PackedProject } from "./packed-project.js";
import { hasTool, needs, reportSkipped } from "./required-tools.js";

const mirror = findProviderMirror();
reportSkipped(
  "the packed constructs with Terraform",
  mirror === undefined ? "No mirror with the AWS provider was found. Set TF_PLUGIN_MIRROR." : undefined,
);

interface StackJson {
  readonly variable?: object;
  readonly terraform: {
    backend?: unknown;
    required_providers: Record<string, { source: string; version: string }>;
  };
}

let home: string;

/** Reads the stacks of an output folder that use no other provider than AWS, and sets the mirror's version in them. */
function prepareAwsStacks(folder: string): string[] {
  return readdirSync(folder).filter((name) => {
    const file = join(folder, name, "cdk.tf.json");
    const json: StackJson = JSON.parse(readFileSync(file, "utf8"));
    if (Object.keys(json.terraform.required_providers).join() !== "aws") return false;
    json.terraform.required_providers = { aws: { source: "hashicorp/aws", version: mirror?.version ?? "" } };
    delete json.terraform.backend;
    writeFileSync(file, JSON.stringify(json));
    return true;
  });
}

/** Returns the errors of `terraform init` and `terraform validate`; empty if the stacks, as child modules, are valid. */
function validationErrors(folder: string, stacks: readonly string[]): string {
  const module = stacks.map((name) => {
    const { variable = {} }: StackJson = JSON.parse(readFileSync(join(folder, name, "cdk.tf.json"), "utf8"));
    const inputs = Object.keys(variable).map((input) => [input, "example"]);
    return [name, { source: `./${name}`, ...Object.fromEntries(inputs) }];
  });
  writeFileSync(join(folder, "main.tf.json"), JSON.stringify({ module: Object.fromEntries(module) }));
  const env = { ...process.env, TF_CLI_CONFIG_FILE: join(home, "terraform.rc"), CHECKPOINT_DISABLE: "1" };
  for (const args of [["init"], ["validate"]]) {
    const { status, stderr } = spawnSync("terraform", [...args, "-no-color"], {
      cwd: folder,
      env,
      encoding: "utf8",
    });
    if (status !== 0) return stderr;
  }
  return "";
}

describe("the packed constructs", needs("terraform", hasTool("terraform") && mirror !== undefined), () => {
  let project: PackedProject;

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "constructs-package-"));
    writeFileSync(join(home, "terraform.rc"), cliConfigFor({ path: mirror?.path ?? "" }));
    project = new PackedProject(home);
    project.compile();
  });

  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it("make the README's program valid Terraform", () => {
    project.runProgram("main");
    const folder = join(project.folder, "cdktf.out/stacks");
    expect(prepareAwsStacks(folder)).toEqual(["network"]);
    expect(validationErrors(folder, ["network"])).toBe("");
  });

  it("make the AWS examples of all modules valid Terraform", () => {
    project.runProgram("examples");
    const folder = join(project.folder, "examples.out/stacks");
    const stacks = prepareAwsStacks(folder);
    expect(stacks.length).toBeGreaterThan(15);
    expect(validationErrors(folder, stacks)).toBe("");
  });
});
