import { describe, expect, it } from "vitest";
import { repositoryConfiguration, stackNamed, synthesizeApp } from "../../test/synthesized-app.js";
import { parseSynthesized } from "../local/synthesized.js";
import { leftToDo } from "./left-to-do.js";

describe("what is left to people after the first run", () => {
  it("is every value without which a run fails, where it goes, and every team's token", async () => {
    const stacks = synthesizeApp(await repositoryConfiguration());
    const bootstrap = parseSynthesized(JSON.stringify(stackNamed(stacks, "notejam-bootstrap").json));
    expect(leftToDo(bootstrap)).toMatchInlineSnapshot(`
      [
        "Fill in, in Terraform Cloud:",
        "  TFE_TOKEN in notejam-bootstrap: Token of an owner of the organization, by which this workspace keeps the others. Every plan of this workspace can read it.",
        "  db_pass in notejam-dev: Password of db_user. Raise db_pass_version when you change it.",
        "  db_pass in notejam-prod: Password of db_user. Raise db_pass_version when you change it.",
        "  db_user in notejam-dev: Login that the application uses. It is not the master user.",
        "  db_user in notejam-prod: Login that the application uses. It is not the master user.",
        "  github_token in notejam-github_token: GitHub token of an administrator of the repositories, with the rights repo and workflow.",
        "Make a token of each team, for the workflows (the README says which secret holds it):",
        "  notejam-dev-apply",
        "  notejam-plan",
        "  notejam-prod-apply",
      ]
    `);
  });
});
