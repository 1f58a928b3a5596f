import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeExecutable } from "../../test/executable.js";
import { CANARIES, canariesIn } from "../../test/recorded-plans.js";
import { runNotejam } from "../../test/run-notejam.js";
import toolVersions from "../../tool-versions.json" with { type: "json" };

const TOKEN = "secret-token-of-a-team";
const URL_OF_RUN = "https://app.terraform.io/app/example/notejam-dev/runs/run-Ab1";
const STARTED = `To view this run in a browser, visit:\n${URL_OF_RUN}\n\n  ~ policy = "${CANARIES.policy}"\n`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "notejam-apply-"));
  mkdirSync(join(folder, "stack"));
  const cloud = { organization: "example", workspaces: { name: "notejam-dev" } };
  const terraform = { cloud, required_providers: { aws: { source: "aws", version: "~> 6.26" } } };
  writeFileSync(join(folder, "stack", "cdk.tf.json"), JSON.stringify({ terraform }));
  const stacks = { "notejam-dev": { synthesizedStackPath: "stack/cdk.tf.json" } };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ stacks }));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Applies a stack with a fake Terraform that prints `output` and exits with `ended`. */
async function apply(output: string, ended = 0, parameters: readonly string[] = []) {
  writeFileSync(join(folder, "output"), output);
  const binary = join(folder, "terraform");
  const script = `#!/bin/sh\n[ "$1" = version ] && { echo 'Terraform v${toolVersions.terraform.pinned}'; exit 0; }\necho "$*" >> '${folder}/calls'\n[ "$1" = init ] && { cp .terraform.lock.hcl '${folder}/locked'; exit 0; }\ncat '${folder}/output'\nexit ${ended}\n`;
  writeExecutable(binary, script);
  const args = ["pipeline", "apply", "--stack", "notejam-dev", "--app", folder, ...parameters];
  const { status, stdout, stderr } = await runNotejam(args, {
    PATH: process.env.PATH,
    HOME: folder,
    TERRAFORM_BINARY_NAME: binary,
    TF_TOKEN_app_terraform_io: TOKEN,
  });
  const lines = (text: string) => (text === "" ? [] : text.split("\n"));
  return { status, printed: lines(stdout), warned: lines(stderr) };
}

describe("an apply", () => {
  it("prints its address and its counts, but no values", async () => {
    const done = "\nApply complete! Resources: 1 added, 2 changed, 0 destroyed.\n\nOutputs:\n";
    const { status, printed, warned } = await apply(`${STARTED}${done}x = "${CANARIES.output}"\n`);
    expect({ status, printed, warned }).toEqual({
      status: 0,
      printed: [
        `notejam-dev: applying at ${URL_OF_RUN}`,
        "notejam-dev: Resources: 1 added, 2 changed, 0 destroyed",
      ],
      warned: [],
    });
    expect(readFileSync(join(folder, "calls"), "utf8")).toBe(
      "init -input=false -no-color\napply -input=false -auto-approve -no-color\n",
    );
  });

  it("installs the providers of the lock file, and names missing ones", async () => {
    const locks = join(folder, "locks.hcl");
    const entry = (constraints: string) =>
      `provider "registry.terraform.io/hashicorp/aws" {\n  constraints = "${constraints}"\n}\n`;
    writeFileSync(locks, entry("~> 6.26"));
    expect(await apply(STARTED, 0, ["--locks", locks])).toMatchObject({ status: 0, warned: [] });
    expect(readFileSync(join(folder, "locked"), "utf8")).toBe(entry("~> 6.26"));
    writeFileSync(locks, entry("~> 5.0"));
    const { status, warned } = await apply(STARTED, 0, ["--locks", locks]);
    expect({ status, warned }).toEqual({
      status: 0,
      warned: [expect.stringMatching(/^notejam-dev: the lock file has no entry for aws ~> 6\.26\./)],
    });
  });

  it("can have no changes", async () => {
    const { status, printed } = await apply(`${STARTED}No changes. Your infrastructure matches.\n`);
    expect({ status, last: printed.at(-1) }).toEqual({ status: 0, last: "notejam-dev: no changes" });
  });

  it("exits with 1 when it fails, without messages of providers", async () => {
    const error = `╷\n│ Error: bad value ${CANARIES.error}\n│\n│   with aws_kms_key.x,\n╵\n`;
    const { status, warned } = await apply(STARTED + error, 1);
    expect(status).toBe(1);
    expect(warned).toEqual(["notejam-dev could not be applied: aws_kms_key.x: Provider error; see the run"]);
    expect(canariesIn(warned.join())).toEqual([]);
  });

  it("exits with 1 when the run is canceled", async () => {
    expect(await apply(STARTED, 1)).toMatchObject({
      status: 1,
      warned: [expect.stringContaining("run")],
    });
  });

  it("exits with 2 when there is no run, with the reason without the token", async () => {
    const { status, warned } = await apply(`│ Error: Insufficient rights to apply ${TOKEN}\n`, 1);
    expect(status).toBe(2);
    expect(warned).toEqual([
      expect.stringMatching(/^Could not start the apply for notejam-dev: Insufficient rights/),
    ]);
    expect(warned.join()).not.toContain(TOKEN);
  });
});
