import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/fakes/local-tools.js";
import { terraformEnvironment } from "./process-environment.js";
import { TerraformFailed } from "./terraform.js";

const props = {
  emulator: { AWS_ENDPOINT_URL: "http://127.0.0.1:4566", AWS_ACCESS_KEY_ID: "test" },
  emptyFile: "/state/no-profiles",
  pluginCache: "/state/plugins",
  variables: { db_pass: "throw-away" },
};

describe("Terraform's environment in a local run", () => {
  it("holds nothing that could lead to a real account, or change what Terraform does", () => {
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

  it("keeps the user's own CLI configuration where no mirror is used, if it exists", () => {
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

describe("a failure of Terraform", () => {
  const failure = (summary: string) =>
    new TerraformFailed("apply notejam-dev", [{ severity: "error", summary, detail: "" }], "");

  it("says what was being done and what to do next", () => {
    expect(failure("creating role").message).toMatch(
      /^Terraform could not apply notejam-dev:\n {2}• creating role\n.*what was made so far is kept/,
    );
  });

  it.each([
    ["Failed to save state: write: no space left on device", /Free some space/],
    [
      "Failed to query available provider packages",
      /registry\.terraform\.io can be reached, .*TF_PLUGIN_MIRROR/,
    ],
  ])("with %j has a remedy of its own", (summary, remedy) => {
    expect(failure(summary).message).toMatch(remedy);
  });

  it("without a diagnostic shows Terraform's last words", () => {
    expect(new TerraformFailed("apply notejam-dev", [], "panic: oh\n").message).toContain("• panic: oh");
  });
});
