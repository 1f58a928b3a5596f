import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeExecutable } from "../../test/executable.js";
import { temporaryFolder } from "../../test/fakes/local-tools.js";
import { diagnosticOf } from "./diagnostics.js";
import { terraformEnvironment } from "./process-environment.js";
import { apply, TerraformError } from "./terraform.js";

const props = {
  emulator: { AWS_ENDPOINT_URL: "http://127.0.0.1:4566", AWS_ACCESS_KEY_ID: "test" },
  emptyFile: "/state/no-profiles",
  pluginCache: "/state/plugins",
  variables: { db_pass: "throw-away" },
};

describe("Terraform's environment in a local run", () => {
  it("contains nothing that leads to a real account or changes Terraform's behavior", () => {
    const env = terraformEnvironment(props, {
      PATH: "/bin",
      AWS_PROFILE: "production",
      AWS_SESSION_TOKEN: "real",
      TF_CLI_ARGS: "-refresh=false",
      TF_LOG: "TRACE",
      TF_TOKEN_app_terraform_io: "real",
    });
    expect(env).toEqual({
      PATH: "/bin",
      AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
      AWS_ACCESS_KEY_ID: "test",
      AWS_CONFIG_FILE: "/state/no-profiles",
      AWS_SHARED_CREDENTIALS_FILE: "/state/no-profiles",
      TF_IN_AUTOMATION: "1",
      TF_PLUGIN_CACHE_DIR: "/state/plugins",
      TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: "1",
      TF_VAR_db_pass: "throw-away",
    });
  });

  it("keeps the user's CLI configuration without a mirror, if it exists", () => {
    const config = join(temporaryFolder(), "terraform.rc");
    expect(terraformEnvironment(props, { TF_CLI_CONFIG_FILE: config })).not.toHaveProperty(
      "TF_CLI_CONFIG_FILE",
    );
    writeFileSync(config, "");
    expect(terraformEnvironment(props, { TF_CLI_CONFIG_FILE: config })).toHaveProperty(
      "TF_CLI_CONFIG_FILE",
      config,
    );
  });
});

describe("an error of Terraform", () => {
  const failure = (summary: string) => {
    const error = {
      severity: "error",
      summary,
      detail: "no such account",
      address: "aws_iam_role.app",
    } as const;
    return new TerraformError("apply notejam-dev", [diagnosticOf(error, "notejam-dev")]);
  };

  it("lists the resources with their errors, after the action and the hint", () => {
    expect(failure("creating role").message.split("\n")).toEqual([
      "Terraform could not apply notejam-dev. Correct the errors, then run the same command again: the resources created so far are kept.",
      "",
      "notejam-dev",
      "  aws_iam_role.app: creating role [terraform]",
      "    why:     no such account",
    ]);
  });

  it.each([
    ["Failed to save state: write: no space left on device", /Free some space/],
    [
      "Failed to query available provider packages",
      /connection to https:\/\/registry\.terraform\.io.*TF_PLUGIN_MIRROR/,
    ],
  ])("has a specific hint for %j", (summary, hint) => {
    expect(failure(summary).hint).toMatch(hint);
  });
});

describe("running Terraform", () => {
  const PASSWORD = "throw-away-password";

  /** Runs a command with a program that prints these lines and exits with this status. */
  const run = async (command: typeof apply, lines: readonly string[], status = 0) => {
    const folder = temporaryFolder();
    const binary = join(folder, "terraform");
    writeFileSync(join(folder, "output"), lines.join("\n"));
    writeExecutable(binary, `#!/bin/sh\ncat '${folder}/output'\nexit ${status}\n`);
    const events: unknown[] = [];
    const error = await command({
      terraform: { product: "Terraform", binary, version: "1.11.4" },
      folder,
      stack: "notejam-dev",
      env: { PATH: process.env.PATH },
      secrets: [PASSWORD],
      interruption: { throwIfRequested: () => {}, passTo: () => () => {} },
      parallelism: 1,
      onEvent: (event) => events.push(event),
    }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return { events, error };
  };

  it("reports its events, and its errors with hidden secrets", async () => {
    const diagnostic = { severity: "error", summary: "creating user", detail: `password ${PASSWORD}` };
    const { events, error } = await run(
      apply,
      [JSON.stringify({ type: "diagnostic", diagnostic }), '{"type":"version"}'],
      1,
    );
    expect(events).toEqual([
      { type: "diagnostic", diagnostic: { ...diagnostic, detail: "password (hidden)" } },
    ]);
    expect(error).toBeInstanceOf(TerraformError);
    expect(error).toMatchObject({ diagnostics: [{ summary: "creating user", reason: "password (hidden)" }] });
  });

  it("reports the end of the output if there is no diagnostic", async () => {
    const { error } = await run(apply, ["panic: oh", "goroutine 1"], 2);
    expect(error).toMatchObject({
      message: expect.stringContaining("why:     panic: oh\n             goroutine 1"),
    });
  });

  it("does not report warnings as errors", async () => {
    const diagnostic = { severity: "warning", summary: "deprecated", detail: "" };
    expect(await run(apply, [JSON.stringify({ type: "diagnostic", diagnostic })])).toMatchObject({
      error: undefined,
    });
  });
});
