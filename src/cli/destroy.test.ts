import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { writeExecutable } from "../../test/executable.js";
import { fakeTerraform, temporaryFolder } from "../../test/fakes/local-tools.js";
import { runNotejam } from "../../test/run-notejam.js";
import toolVersions from "../../tool-versions.json" with { type: "json" };

afterEach(() => void vi.unstubAllEnvs());

/** Runs `destroy dev --yes` with a fake Terraform, and a kubectl that logs its calls and fails. */
async function destroy(version: string) {
  const folder = temporaryFolder();
  const log = join(folder, "kubectl.calls");
  writeExecutable(join(folder, "kubectl"), `#!/bin/sh\necho "$*" >> '${log}'\nexit 1\n`);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
  const env = { PATH: process.env.PATH, TERRAFORM_BINARY_NAME: fakeTerraform(folder, { version }) };
  const { status, stderr } = await runNotejam(["destroy", "dev", "--yes"], env);
  return { status, stderr, hasStarted: existsSync(log) };
}

describe("the destroy command", () => {
  it("starts only with a Terraform that HCP Terraform accepts: a partial destruction leaves no Flux", async () => {
    expect(await destroy(toolVersions.terraform.newestTested)).toEqual({
      status: 2,
      stderr: expect.stringMatching(/^Terraform \S+ \(.*\) cannot use the workspaces in HCP Terraform/),
      hasStarted: false,
    });
    expect(await destroy(toolVersions.terraform.pinned)).toMatchObject({ status: 2, hasStarted: true });
  });
});
