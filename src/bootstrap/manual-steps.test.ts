import { describe, expect, it } from "vitest";
import {
  environmentNamed,
  repositoryConfiguration,
  stackNamed,
  synthesizeApp,
} from "../../test/synthesized-app.js";
import { parseConfiguration } from "../terraform/synthesized-stacks.js";
import { leftToDo } from "./manual-steps.js";

describe("what is left to people after the first run", () => {
  it("is every value without which a run fails, where it goes, and every team's token", async () => {
    const { organization } = await repositoryConfiguration();
    const environments = [await environmentNamed("dev")];
    const stacks = synthesizeApp({ organization, environments });
    const bootstrap = parseConfiguration(JSON.stringify(stackNamed(stacks, "notejam-bootstrap").json));
    const withoutWords = leftToDo(bootstrap).map((line) => line.replace(/^( {2}\w+ in \S+): \w.*$/, "$1: …"));
    expect(withoutWords).toEqual([
      "Fill in, in Terraform Cloud:",
      "  TFE_TOKEN in notejam-bootstrap: …",
      "  db_pass in notejam-dev: …",
      "  db_user in notejam-dev: …",
      "  github_token in notejam-github_token: …",
      "Make a token of each team, for the workflows (docs/runbook/github.md lists the secrets):",
      "  notejam-dev-apply",
      "  notejam-plan",
    ]);
  });
});
