import { describe, expect, it } from "vitest";
import {
  environmentNamed,
  repositoryConfiguration,
  stackNamed,
  synthesizeApp,
} from "../../test/synthesized-app.js";
import { parseConfiguration } from "../terraform/synthesized-stacks.js";
import { manualSteps } from "./manual-steps.js";

describe("the manual steps after the first run", () => {
  it("are every unset variable with its workspace or variable set, and a token for each team", async () => {
    const { organization } = await repositoryConfiguration();
    const environments = [await environmentNamed("dev")];
    const stacks = synthesizeApp({ organization, environments });
    const bootstrap = parseConfiguration(JSON.stringify(stackNamed(stacks, "notejam-bootstrap").json));
    const steps = manualSteps(bootstrap).map((line) => line.replace(/^( {2}\w+ in \S+): \w.*$/, "$1: …"));
    expect(steps).toEqual([
      "Set these variables in HCP Terraform:",
      "  TFE_TOKEN in notejam-bootstrap: …",
      "  db_pass in notejam-dev: …",
      "  db_user in notejam-dev: …",
      "  github_token in notejam-github_token: …",
      "Create a token of each team for the workflows (docs/runbook/github.md names the secret of each):",
      "  notejam-dev-apply",
      "  notejam-plan",
    ]);
  });
});
